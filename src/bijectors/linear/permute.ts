import * as tf from '@tensorflow/tfjs-core';
import { checkArgument } from '../../options/checkArguments.ts';
import { Bijector, type Monotonicity, type WithLogDet } from '../bijector.ts';

/** A fixed permutation of the last axis: yᵢ = x_{permutation[i]}; log-determinant 0. */
export class Permute extends Bijector {
  readonly eventNdims = 1;
  override readonly dim: number;
  readonly permutation: readonly number[];
  readonly #inverse: readonly number[];

  /** @throws if `permutation` is no permutation of 0 … dim − 1 */
  constructor(permutation: ArrayLike<number>) {
    super();
    checkArgument('Permute', 'permutation', permutation, Array);
    this.permutation = Array.from(permutation);
    this.dim = this.permutation.length;
    this.#inverse = Array.from(this.permutation, (_, i) => this.permutation.indexOf(i));
    if (this.dim === 0 || this.#inverse.includes(-1)) {
      throw new Error(`Permute: wanted a permutation of 0 … dim − 1, got [${this.permutation}]`);
    }
  }

  /** Rising for one number, undefined for several. */
  override monotonicity(): Monotonicity | undefined {
    return this.dim === 1 ? 1 : undefined;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return [reorder(x, this.permutation), tf.zeros(x.shape.slice(0, -1))];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return [reorder(y, this.#inverse), tf.zeros(y.shape.slice(0, -1))];
  }
}

/** Cuts the last axis into the runs that stay together and joins them in their new order: two nodes, and two backwards. */
function reorder(x: tf.Tensor, order: readonly number[]): tf.Tensor {
  const starts = order.filter((source, i) => i === 0 || source !== order[i - 1]! + 1);
  if (starts.length === 1) return tf.clone(x);
  const sorted = starts.toSorted((a, b) => a - b);
  const sizes = sorted.map((start, i) => (sorted[i + 1] ?? order.length) - start);
  const runs = tf.split(x, sizes, -1);
  return tf.concat(
    starts.map((start) => runs[sorted.indexOf(start)]!),
    -1,
  );
}
