import * as tf from '@tensorflow/tfjs-core';
import type { Module } from '../../src/index.ts';

type Values = readonly tf.TypedArray[];

/**
 * The variables of modules as they were before each of the last two updates. Whether an update has gone too far is seen when the
 * next one measures the policy; both are undone then.
 */
export class UpdateHistory {
  readonly #variables: readonly tf.Variable[];
  #before: readonly Values[] = [];

  constructor(modules: readonly Module[]) {
    this.#variables = modules.flatMap((module) => module.variables());
  }

  /** To be called before each update. What is read of a variable is never written to again, so that nothing is copied. */
  record(): void {
    this.#before = [...this.#before.slice(-1), this.#variables.map((variable) => variable.dataSync())];
  }

  /** Goes back to before the last update but one, exactly. */
  undo(): void {
    const [before] = this.#before;
    tf.tidy(() => {
      this.#variables.forEach((variable, i) => {
        variable.assign(tf.tensor(before![i]!, variable.shape, variable.dtype));
      });
    });
    this.forget();
  }

  /** Keeps nothing of the past. */
  forget(): void {
    this.#before = [];
  }
}
