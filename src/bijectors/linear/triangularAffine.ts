import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../../nn/positiveInteger.ts';
import { checkOptions } from '../../options/checkArguments.ts';
import { Bijector, type Monotonicity, type WithLogDet } from '../bijector.ts';
import { broadcast } from '../broadcast.ts';
import { broadcastShape } from '../broadcastShape.ts';
import { matVec } from './matVec.ts';
import { solveUnitTriangular } from './solveUnitTriangular.ts';
import { strictlyLower } from './strictlyLower.ts';

/** Options of {@link TriangularAffine}. */
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
  constructor(options: TriangularAffineOptions) {
    super();
    const { shift, logDiagonal, offDiagonal } = checkOptions('TriangularAffine', options, {
      shift: tf.Tensor,
      logDiagonal: tf.Tensor,
      offDiagonal: [tf.Tensor, undefined],
    });
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

  /** Rising for one number, undefined for several. */
  override monotonicity(): Monotonicity | undefined {
    return this.dim === 1 ? 1 : undefined;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    let y = tf.add(tf.mul(x, tf.exp(this.logDiagonal)), this.shift);
    if (this.offDiagonal !== undefined) y = tf.add(y, matVec(strictlyLower(this.offDiagonal, this.dim), x));
    return [y, this.#logDet(y)];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const scale = tf.exp(tf.neg(this.logDiagonal));
    let x = tf.mul(tf.sub(y, this.shift), scale);
    if (this.offDiagonal !== undefined) {
      const unit = tf.mul(strictlyLower(this.offDiagonal, this.dim), tf.expandDims(scale, -1));
      x = solveUnitTriangular(unit, 'lower', x);
    }
    return [x, tf.neg(this.#logDet(x))];
  }

  #logDet(output: tf.Tensor): tf.Tensor {
    return broadcast(tf.sum(this.logDiagonal, -1), output.shape.slice(0, -1));
  }
}
