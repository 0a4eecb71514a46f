import * as tf from '@tensorflow/tfjs-core';
import { checkArgument } from '../../options/checkArguments.ts';
import { Bijector, type WithLogDet } from '../bijector.ts';
import { matVec } from './matVec.ts';

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
      throw new Error(`Orthogonal: wanted the dim² numbers of a square matrix, got ${this.matrix.length}`);
    }
    const row = (i: number) => this.matrix.slice(i * this.dim, (i + 1) * this.dim);
    for (let i = 0; i < this.dim; i++) {
      for (let j = 0; j <= i; j++) {
        const product = row(i).reduce((sum, value, k) => sum + value * row(j)[k]!, 0);
        if (!(Math.abs(product - (i === j ? 1 : 0)) < TOLERANCE)) {
          throw new Error(`Orthogonal: wanted orthonormal rows, got a product of ${product} of the rows ${j} and ${i}`);
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
