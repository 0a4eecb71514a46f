import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../nn/sizes.ts';
import { matVec, stopGradient, unitSlices } from '../nn/tensors.ts';
import { checkArgument } from '../options/parse.ts';
import { Bijector, VectorBijector, type WithLogDet } from './bijector.ts';

/** A fixed permutation of the last axis: yᵢ = x_{permutation[i]}; log-determinant 0. */
export class Permute extends VectorBijector {
  readonly permutation: readonly number[];
  readonly #inverse: readonly number[];

  /** @throws if `permutation` is no permutation of 0 … dim − 1 */
  constructor(permutation: ArrayLike<number>) {
    checkArgument('Permute', 'permutation', permutation, Array);
    super(permutation.length);
    this.permutation = Array.from(permutation);
    this.#inverse = Array.from(this.permutation, (_, i) => this.permutation.indexOf(i));
    if (this.dim === 0 || this.#inverse.includes(-1)) {
      throw new Error(`Permute: got [${this.permutation}], expected a permutation of 0 … dim − 1`);
    }
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

/** The last axis, of size `dim`, in opposite order; log-determinant 0. */
export class Reverse extends Permute {
  /** @throws if `dim` is no positive integer */
  constructor(dim: number) {
    positiveInteger('Reverse', 'dim', dim);
    super(Array.from({ length: dim }, (_, i) => dim - 1 - i));
  }
}

/** How far from orthonormal, in each product of two rows. */
const TOLERANCE = 1e-5;

/** y = Q x with a fixed orthogonal matrix, a rotation or a reflection; x = Qᵀ y; log-determinant 0. */
export class Orthogonal extends Bijector {
  readonly eventNdims = 1;
  override readonly dim: number;
  /** The rows of Q, one after the other. */
  readonly matrix: readonly number[];

  /** @throws if the matrix is not square, or its rows not orthonormal to 10⁻⁵ */
  constructor(matrix: ArrayLike<number>) {
    super();
    checkArgument('Orthogonal', 'matrix', matrix, Array);
    this.matrix = Array.from(matrix);
    this.dim = Math.sqrt(this.matrix.length);
    if (this.dim < 1 || !Number.isInteger(this.dim)) {
      throw new Error(`Orthogonal: got ${this.matrix.length}, expected the dim² numbers of a square matrix`);
    }
    const row = (i: number) => this.matrix.slice(i * this.dim, (i + 1) * this.dim);
    for (let i = 0; i < this.dim; i++) {
      for (let j = 0; j <= i; j++) {
        const product = row(i).reduce((sum, value, k) => sum + value * row(j)[k]!, 0);
        if (!(Math.abs(product - (i === j ? 1 : 0)) < TOLERANCE)) {
          throw new Error(
            `Orthogonal: got a product of ${product} of the rows ${j} and ${i}, expected orthonormal rows`,
          );
        }
      }
    }
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return [matVec(this.#tensor(), x), tf.zeros(x.shape.slice(0, -1))];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return [matVec(tf.transpose(this.#tensor()), y), tf.zeros(y.shape.slice(0, -1))];
  }

  #tensor(): tf.Tensor {
    return tf.tensor2d(Float32Array.from(this.matrix), [this.dim, this.dim]);
  }
}

/**
 * An orthogonal map: y = H_K … H_1 x with reflections H_k = I − 2 v_k v_kᵀ / ‖v_k‖²; log-determinant 0. With as many reflections as
 * dimensions it may be every orthogonal matrix. Where a v_k is 0, H_k is the identity.
 *
 * Tomczak & Welling, "Improving Variational Auto-Encoders using Householder Flow", arXiv:1611.09630.
 */
export class Householder extends Bijector {
  readonly eventNdims = 1;
  override readonly dim: number;
  /** `[..., reflections, dim]` */
  readonly v: tf.Tensor;

  /** @throws if `v` has no reflections or no dimensions */
  constructor(v: tf.Tensor) {
    super();
    checkArgument('Householder', 'v', v, tf.Tensor);
    if (v.rank < 2 || v.shape.slice(-2).includes(0)) {
      throw new Error(`Householder: got [${v.shape}], expected v [..., reflections, dim]`);
    }
    this.dim = v.shape.at(-1)!;
    this.v = v;
  }

  override get parameterShape(): readonly number[] {
    return [...this.v.shape.slice(0, -2), this.dim];
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return reflected(x, this.#units());
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return reflected(y, this.#units().reverse());
  }

  #units(): tf.Tensor[] {
    return unitSlices(unitVectors(this.v), -2).map((unit) => tf.squeeze(unit, [-2]));
  }
}

function reflected(x: tf.Tensor, units: readonly tf.Tensor[]): WithLogDet {
  const value = units.reduce(
    (point, unit) => tf.sub(point, tf.mul(tf.mul(tf.sum(tf.mul(point, unit), -1, true), 2), unit)),
    x,
  );
  return [value, tf.zeros(value.shape.slice(0, -1))];
}

const LEAST = 1e-30;

/** v / ‖v‖ along the last axis, without overflow or underflow in ‖v‖²; 0 where v is. */
function unitVectors(v: tf.Tensor): tf.Tensor {
  // Any constant factor leaves the direction.
  const size = stopGradient(() => tf.maximum(tf.max(tf.abs(v), -1, true), LEAST));
  const scaled = tf.div(v, size);
  return tf.mul(scaled, tf.rsqrt(tf.maximum(tf.sum(tf.square(scaled), -1, true), LEAST)));
}
