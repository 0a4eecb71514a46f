import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../../nn/positiveInteger.ts';
import { Bijector, type WithLogDet } from '../bijector.ts';
import { broadcast } from '../broadcast.ts';
import { broadcastShape } from '../broadcastShape.ts';

export interface TriangularAffineOptions {
  /** `[..., dim]` */
  readonly shift: tf.Tensor;
  /** `[..., dim]`, the logarithms of L's diagonal. */
  readonly logDiagonal: tf.Tensor;
  /** `[..., dim (dim − 1) / 2]`, L's entries below the diagonal row by row: L₁₀, L₂₀, L₂₁, …; absent when dim is 1. */
  readonly offDiagonal?: tf.Tensor;
}

/**
 * y = shift + L x with L lower triangular and of positive diagonal; log-determinant Σ log Lᵢᵢ.
 *
 * {@link TriangularAffine.learnable} has variables and is the identity at first. Tensors `[batch, …]` make a batch of maps; the
 * inverse is forward substitution, a few nodes for each dimension.
 */
export class TriangularAffine extends Bijector {
  readonly eventNdims = 1;
  override readonly dim: number;
  readonly shift: tf.Tensor;
  readonly logDiagonal: tf.Tensor;
  readonly offDiagonal: tf.Tensor | undefined;
  readonly #parameterShape: readonly number[];

  /** @throws if the shapes do not fit one another */
  constructor({ shift, logDiagonal, offDiagonal }: TriangularAffineOptions) {
    super();
    this.dim = shift.shape.at(-1) ?? 0;
    const below = (this.dim * (this.dim - 1)) / 2;
    const parts = [shift, logDiagonal, ...(offDiagonal === undefined ? [] : [offDiagonal])];
    const batch = broadcastShape(...parts.map(({ shape }) => shape.slice(0, -1)));
    if (
      batch === undefined ||
      this.dim < 1 ||
      logDiagonal.shape.at(-1) !== this.dim ||
      (offDiagonal?.shape.at(-1) ?? 0) !== below
    ) {
      throw new Error(
        `TriangularAffine: wanted shift and logDiagonal [..., dim] and offDiagonal [..., dim (dim − 1) / 2], ` +
          `got [${shift.shape}], [${logDiagonal.shape}] and ${offDiagonal === undefined ? 'none' : `[${offDiagonal.shape}]`}`,
      );
    }
    this.#parameterShape = [...batch, this.dim];
    this.shift = shift;
    this.logDiagonal = logDiagonal;
    this.offDiagonal = offDiagonal;
  }

  override get parameterShape(): readonly number[] {
    return this.#parameterShape;
  }

  /** With variables of its own. @throws if `dim` is no positive integer */
  static learnable(dim: number): TriangularAffine {
    positiveInteger('TriangularAffine', 'dim', dim);
    const variable = (size: number) => tf.tidy(() => tf.variable(tf.zeros([size]), true));
    return new TriangularAffine({
      shift: variable(dim),
      logDiagonal: variable(dim),
      ...(dim > 1 && { offDiagonal: variable((dim * (dim - 1)) / 2) }),
    });
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    let y = tf.add(tf.mul(x, tf.exp(this.logDiagonal)), this.shift);
    if (this.offDiagonal !== undefined) {
      y = tf.add(y, tf.sum(tf.mul(this.#below(), tf.expandDims(x, -2)), -1));
    }
    return [y, this.#logDet(y)];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const scale = tf.exp(tf.neg(this.logDiagonal));
    // With N = diag(L)⁻¹·(L below its diagonal), x = r − N x for r = diag(L)⁻¹ (y − shift): one column of N after another.
    let x = tf.mul(tf.sub(y, this.shift), scale);
    if (this.offDiagonal !== undefined) {
      const columns = tf.split(tf.mul(this.#below(), tf.expandDims(scale, -1)), this.dim, -1);
      for (let j = 0; j + 1 < this.dim; j++) {
        const known = tf.slice(
          x,
          [...x.shape.slice(0, -1).map(() => 0), j],
          [...x.shape.slice(0, -1).map(() => -1), 1],
        );
        x = tf.sub(x, tf.mul(tf.squeeze(columns[j]!, [-1]), known));
      }
    }
    return [x, tf.neg(this.#logDet(x))];
  }

  /** L without its diagonal, `[..., dim, dim]`. */
  #below(): tf.Tensor {
    const { dim } = this;
    const entries = this.offDiagonal!;
    const places = new Float32Array(((dim * (dim - 1)) / 2) * dim * dim);
    let entry = 0;
    for (let row = 1; row < dim; row++) {
      for (let column = 0; column < row; column++) places[entry++ * dim * dim + row * dim + column] = 1;
    }
    const rows = tf.matMul(tf.reshape(entries, [entries.size / entry, entry]), tf.tensor2d(places, [entry, dim * dim]));
    return tf.reshape(rows, [...entries.shape.slice(0, -1), dim, dim]);
  }

  #logDet(output: tf.Tensor): tf.Tensor {
    return broadcast(tf.sum(this.logDiagonal, -1), output.shape.slice(0, -1));
  }
}
