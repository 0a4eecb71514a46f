import * as tf from '@tensorflow/tfjs-core';
import type { Module } from '../../src/index.ts';

interface Kept {
  /** How many updates had been made. */
  readonly updates: number;
  readonly values: readonly tf.TypedArray[];
}

/**
 * The variables of modules as they were before some of the last updates. That an update has gone too far is seen when the next one
 * measures what it began with: the way back is to the last state that was kept and measured since.
 */
export class UpdateHistory {
  readonly #variables: readonly tf.Variable[];
  readonly #share: number;
  #kept: readonly Kept[] = [];
  #updates = 0;

  /**
   * @param share of the updates so far that lie between two states that are kept: few at first, when one update may be too far, and
   *   more later, since to keep a state costs about a tenth of a small update
   */
  constructor(modules: readonly Module[], share = 1 / 16) {
    this.#variables = modules.flatMap((module) => module.variables());
    this.#share = share;
  }

  /** To be called before each update. What is read of a variable is never written to again, so that nothing is copied. */
  record(): void {
    const sinceKept = this.#updates - (this.#kept.at(-1)?.updates ?? Number.NEGATIVE_INFINITY);
    if (sinceKept >= this.#share * this.#updates) {
      const kept = { updates: this.#updates, values: this.#variables.map((variable) => variable.dataSync()) };
      this.#kept = [...this.#kept.slice(-1), kept];
    }
    this.#updates += 1;
  }

  /**
   * Goes back, exactly, from an update that found what it began with too far away.
   * @returns how many updates are left
   */
  undo(): number {
    const measured = this.#kept.findLast(({ updates }) => updates < this.#updates - 1)!;
    tf.tidy(() => {
      this.#variables.forEach((variable, i) => {
        variable.assign(tf.tensor(measured.values[i]!, variable.shape, variable.dtype));
      });
    });
    this.forget();
    return measured.updates;
  }

  /** Keeps nothing of the past. */
  forget(): void {
    this.#kept = [];
    this.#updates = 0;
  }
}
