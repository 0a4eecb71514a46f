import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from '../../options/checkArguments.ts';
import { Bijector, type Monotonicity, type WithLogDet } from '../bijector.ts';
import { broadcast } from '../broadcast.ts';
import { broadcastShape } from '../broadcastShape.ts';
import { matVec } from './matVec.ts';
import { solveUnitTriangular } from './solveUnitTriangular.ts';
import { strictlyLower } from './strictlyLower.ts';
import { strictlyUpper } from './strictlyUpper.ts';

/** Options of {@link Lu}. */
export interface LuOptions {
  /** `[..., dim]`, the logarithms of U's diagonal. */
  readonly logDiagonal: tf.Tensor;
  /** `[..., dim (dim − 1) / 2]`, L's entries below the diagonal row by row; absent when dim is 1. */
  readonly lower?: tf.Tensor;
  /** U's entries above its diagonal, column by column, likewise. */
  readonly upper?: tf.Tensor;
}

/**
 * y = L U x with L lower triangular of unit diagonal and U upper triangular of positive diagonal; log-determinant Σ log U_ii. O(dim²) both
 * ways, a few nodes for each dimension in the inverse. After a {@link Permute} it is the 1×1 convolution P L U of Glow.
 *
 * Kingma & Dhariwal, "Glow: Generative Flow with Invertible 1×1 Convolutions", arXiv:1807.03039, section 3.2.
 */
export class Lu extends Bijector {
  readonly eventNdims = 1;
  override readonly dim: number;
  readonly logDiagonal: tf.Tensor;
  readonly lower: tf.Tensor | undefined;
  readonly upper: tf.Tensor | undefined;
  readonly #parameterShape: readonly number[];

  /** @throws if the shapes do not fit one another */
  constructor(options: LuOptions) {
    super();
    const { logDiagonal, lower, upper } = checkOptions('Lu', options, {
      logDiagonal: tf.Tensor,
      lower: [tf.Tensor, undefined],
      upper: [tf.Tensor, undefined],
    });
    this.dim = logDiagonal.shape.at(-1) ?? 0;
    const entries = (this.dim * (this.dim - 1)) / 2;
    const parts = [logDiagonal, lower, upper].filter((part) => part !== undefined);
    const batch = broadcastShape(...parts.map(({ shape }) => shape.slice(0, -1)));
    const fits = [lower, upper].every((part) => (part?.shape.at(-1) ?? 0) === entries);
    if (batch === undefined || this.dim < 1 || !fits) {
      const text = (part: tf.Tensor | undefined) => (part === undefined ? 'none' : `[${part.shape}]`);
      throw new Error(
        'Lu: wanted logDiagonal [..., dim] and lower and upper [..., dim (dim − 1) / 2], ' +
          `got ${[logDiagonal, lower, upper].map(text).join(', ')}`,
      );
    }
    this.#parameterShape = [...batch, this.dim];
    this.logDiagonal = logDiagonal;
    this.lower = lower;
    this.upper = upper;
  }

  override get parameterShape(): readonly number[] {
    return this.#parameterShape;
  }

  /** Rising for one number, undefined for several. */
  override monotonicity(): Monotonicity | undefined {
    return this.dim === 1 ? 1 : undefined;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    let y = tf.mul(x, tf.exp(this.logDiagonal));
    if (this.dim > 1) {
      y = tf.add(y, matVec(strictlyUpper(this.upper!, this.dim), x));
      y = tf.add(y, matVec(strictlyLower(this.lower!, this.dim), y));
    }
    return [y, this.#logDet(y)];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const scale = tf.exp(tf.neg(this.logDiagonal));
    let x = y;
    if (this.dim > 1) x = solveUnitTriangular(strictlyLower(this.lower!, this.dim), 'lower', x);
    x = tf.mul(x, scale);
    if (this.dim > 1) {
      const unit = tf.mul(strictlyUpper(this.upper!, this.dim), tf.expandDims(scale, -1));
      x = solveUnitTriangular(unit, 'upper', x);
    }
    return [x, tf.neg(this.#logDet(x))];
  }

  #logDet(output: tf.Tensor): tf.Tensor {
    return broadcast(tf.sum(this.logDiagonal, -1), output.shape.slice(0, -1));
  }
}
