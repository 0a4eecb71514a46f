import * as tf from '@tensorflow/tfjs-core';
import type { Dtype } from './program.ts';

/** No tensor fits the operation. */
export class Unfit extends Error {}

/** Elements of the largest tensor. */
const LARGEST = 1500;

/** Turns picks into choices: the same ones wherever the tensors have the same shapes and types. */
export class Choices {
  readonly #picks: readonly number[];
  readonly #pool: readonly tf.Tensor[];
  #at = 0;

  constructor(picks: readonly number[], pool: readonly tf.Tensor[]) {
    this.#picks = picks;
    this.#pool = pool;
  }

  /** An integer from `low` to `high`, both possible. */
  int(low: number, high: number): number {
    const pick = this.#picks[this.#at++ % this.#picks.length] ?? 0;
    return low + (pick % (high - low + 1));
  }

  flag(): boolean {
    return this.int(0, 1) === 1;
  }

  of<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Unfit();
    return list[this.int(0, list.length - 1)]!;
  }

  /** A tensor that fits, the latest first. */
  tensor(fits: (tensor: tf.Tensor) => boolean = () => true): tf.Tensor {
    return this.of([...this.#pool].reverse().filter(fits));
  }

  float(fits: (tensor: tf.Tensor) => boolean = () => true): tf.Tensor {
    return this.typed('float32', fits);
  }

  typed(dtype: Dtype, fits: (tensor: tf.Tensor) => boolean = () => true): tf.Tensor {
    return this.tensor((tensor) => tensor.dtype === dtype && fits(tensor));
  }

  /** Two tensors that broadcast together. */
  pair(dtypes: readonly Dtype[] = ['float32', 'int32', 'bool']): [tf.Tensor, tf.Tensor] {
    const fits = ({ dtype }: tf.Tensor): boolean => dtypes.includes(dtype as Dtype);
    const a = this.tensor(fits);
    return [a, this.tensor((b) => fits(b) && broadcasts(a, b))];
  }

  axis(tensor: tf.Tensor): number {
    if (tensor.rank === 0) throw new Unfit();
    return this.int(0, tensor.rank - 1);
  }

  /** Some axes, or undefined for all. */
  axes(tensor: tf.Tensor): number[] | undefined {
    const mask = this.int(0, 2 ** tensor.rank - 1);
    return mask === 0 ? undefined : tensor.shape.flatMap((_, i) => ((mask >> i) & 1 ? [i] : []));
  }

  permutation(count: number): number[] {
    const rest = Array.from({ length: count }, (_, i) => i);
    return Array.from({ length: count }, () => rest.splice(this.int(0, rest.length - 1), 1)[0]!);
  }
}

export function broadcasts(a: tf.Tensor, b: tf.Tensor): boolean {
  try {
    return tf.util.sizeFromShape(tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape)) <= LARGEST;
  } catch {
    return false;
  }
}

/** Refuses what would make a tensor too large. */
export function limited(size: number): void {
  if (size > LARGEST) throw new Unfit();
}
