import * as tf from '@tensorflow/tfjs-core';
import type { Module } from './module.ts';

/** How {@link Contract.near} compares, and what its line says. */
interface Nearness {
  /** How far the number at an index may be off; where that is not finite there is nothing to compare. */
  readonly allowed: (wanted: number, got: number, index: number) => number;
  /** Where the number at an index is from, as ` at [0.5]`. */
  readonly at?: (index: number) => string;
  /** What is expected, after the number. */
  readonly as: string;
  /** The difference of two numbers; of angles that of the shorter way. */
  readonly apart?: (got: number, wanted: number) => number;
}

/** What checks of a contract share, as `checkPolicy`: the first rule that is broken throws one line, and what could not be checked is advice. */
export class Contract {
  readonly #where: string;
  readonly #advice = new Set<string>();

  /** @param where what each line begins with: `checkBijector: Exp.` */
  constructor(where: string) {
    this.#where = where;
  }

  get advice(): string[] {
    return [...this.#advice];
  }

  advise(line: string): void {
    this.#advice.add(line);
  }

  fail(problem: string): never {
    throw new Error(`${this.#where}${problem}`);
  }

  expect(condition: boolean, problem: () => string): asserts condition {
    if (!condition) this.fail(problem());
  }

  /** The numbers of a float32 tensor of this shape, all finite; with `areFinite` false they may be others. */
  numbers(
    what: string,
    tensor: unknown,
    shape: readonly number[],
    { at = () => '', areFinite = true }: { at?: (index: number) => string; areFinite?: boolean } = {},
  ): Float32Array {
    const wanted = `float32 of shape [${shape}]`;
    this.expect(tensor instanceof tf.Tensor, () => `${what}: got ${typeof tensor}, expected ${wanted}`);
    this.expect(
      tf.util.arraysEqual(tensor.shape, [...shape]) && tensor.dtype === 'float32',
      () => `${what}: got ${tensor.dtype} of shape [${tensor.shape}], expected ${wanted}`,
    );
    const numbers = tensor.dataSync() as Float32Array;
    const wrong = areFinite ? numbers.findIndex((number) => !Number.isFinite(number)) : -1;
    this.expect(wrong < 0, () => `${what}: got ${numbers[wrong]}${at(wrong)}, expected finite numbers`);
    return numbers;
  }

  /** That numbers are those that are wanted. */
  near(
    what: string,
    got: ArrayLike<number>,
    wanted: ArrayLike<number>,
    { allowed, at = () => '', as, apart = (a, b) => a - b }: Nearness,
  ): void {
    for (let i = 0; i < wanted.length; i++) {
      const most = allowed(wanted[i]!, got[i]!, i);
      this.expect(
        !Number.isFinite(most) || Math.abs(apart(got[i]!, wanted[i]!)) <= most,
        () => `${what}: got ${got[i]}${at(i)}, expected ${wanted[i]}, ${as}`,
      );
    }
  }

  /**
   * That derivatives of functions along a line are their central differences. Where those of a step and of half of it disagree, there is a
   * kink between them, or float32 does not hold them: nothing is said. A number may meet a kink in both; half of them may not.
   * @param f the functions' values after a step
   */
  slopes(
    names: readonly string[],
    slopes: readonly tf.Tensor[],
    f: (step: number) => readonly tf.Tensor[],
    { step, allowed }: { readonly step: number; readonly allowed: (size: number, value: number) => number },
  ): void {
    const at = [step, -step, step / 2, -step / 2].map((by) => f(by).map((value) => value.dataSync()));
    names.forEach((what, k) => {
      const compared = Array.from(slopes[k]!.dataSync()).flatMap((slope, i) => {
        const [above, below, nearAbove, nearBelow] = at.map((values) => values[k]![i]!) as [
          number,
          number,
          number,
          number,
        ];
        const [coarse, fine] = [(above - below) / (2 * step), (nearAbove - nearBelow) / step];
        const most = allowed(Math.max(Math.abs(slope), Math.abs(fine)), (nearAbove + nearBelow) / 2);
        return Math.abs(coarse - fine) <= most ? [{ slope, fine, isRight: Math.abs(slope - fine) <= 3 * most }] : [];
      });
      const failed = compared.filter(({ isRight }) => !isRight);
      this.expect(
        failed.length <= compared.length / 2,
        () => `${what}: got ${failed[0]!.slope} along a direction, expected ${failed[0]!.fine} by difference quotients`,
      );
    });
  }
}

/** What a call gives, after which a module's variables are as they were; tensors that the call has made are freed. */
export function leavingVariables<T>(module: Module, call: () => T): T {
  const kept = tf.tidy(() => module.variables().map((variable) => tf.keep(tf.clone(variable))));
  try {
    return tf.tidy(call as () => tf.TensorContainer) as T;
  } finally {
    module.variables().forEach((variable, i) => {
      if (variable.dataId !== kept[i]!.dataId) variable.assign(kept[i]!);
    });
    tf.dispose(kept);
  }
}

/** The gradient of the sum of f by x; 0 where f does not depend on x, of which tfjs makes an error. */
export function slopesOf(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): tf.Tensor {
  return tf.grad((at) => tf.add(tf.sum(f(at)), tf.mul(tf.sum(at), 0)))(x);
}
