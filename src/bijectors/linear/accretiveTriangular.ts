import * as tf from '@tensorflow/tfjs-core';
import { matVec } from './matVec.ts';
import { solveUnitTriangular } from './solveUnitTriangular.ts';
import { strictlyLower } from './strictlyLower.ts';

/**
 * A lower triangular matrix M with xᵀ M x > 0 for every x ≠ 0, whatever its parameters: M = Δ (I + N) Δ with Δ = exp(½ logDiagonal)
 * and, below the diagonal, N_ij = 2 R_ij / √((1 + s_i)(1 + s_j)), where s_i is the sum of |R| over row and column i. Its diagonal
 * is exp(logDiagonal). Without R it is diagonal.
 *
 * Why it is positive, and that in this form are all triangular matrices whose symmetric part is positive and generalized diagonally
 * dominant (in two dimensions all with a positive one), is on the page docs/low-rank-affine.md.
 */
export class AccretiveTriangular {
  readonly dim: number;
  readonly #scale: tf.Tensor;
  readonly #inverseScale: tf.Tensor;
  readonly #strict: tf.Tensor | undefined;

  /**
   * @param logDiagonal `[..., dim]`
   * @param offDiagonal R below its diagonal row by row, `[..., dim (dim − 1) / 2]`
   */
  constructor(logDiagonal: tf.Tensor, offDiagonal?: tf.Tensor) {
    this.dim = logDiagonal.shape.at(-1)!;
    // Without N the two factors Δ are one.
    const exponent = offDiagonal === undefined ? logDiagonal : tf.mul(logDiagonal, 0.5);
    this.#scale = tf.exp(exponent);
    this.#inverseScale = tf.exp(tf.neg(exponent));
    this.#strict = offDiagonal === undefined ? undefined : dominated(strictlyLower(offDiagonal, this.dim));
  }

  /** M x for each x of `[..., dim]`, of which the leading axes broadcast with those of the parameters. */
  apply(x: tf.Tensor): tf.Tensor {
    const scaled = tf.mul(x, this.#scale);
    if (this.#strict === undefined) return scaled;
    return tf.mul(tf.add(scaled, matVec(this.#strict, scaled)), this.#scale);
  }

  /** M⁻¹ y for each y of `[..., dim]`. */
  solve(y: tf.Tensor): tf.Tensor {
    const scaled = tf.mul(y, this.#inverseScale);
    if (this.#strict === undefined) return scaled;
    return tf.mul(solveUnitTriangular(this.#strict, 'lower', scaled), this.#inverseScale);
  }

  /** M⁻¹ y for each y of `[..., count, dim]`, the rows of one matrix for each M. */
  solveRows(rows: tf.Tensor): tf.Tensor {
    const inverseScale = tf.expandDims(this.#inverseScale, -2);
    const scaled = tf.mul(rows, inverseScale);
    if (this.#strict === undefined) return scaled;
    return tf.mul(solveUnitTriangular(tf.expandDims(this.#strict, -3), 'lower', scaled), inverseScale);
  }
}

/** N from R, both 0 but below the diagonal. */
function dominated(r: tf.Tensor): tf.Tensor {
  const size = tf.abs(r);
  const root = tf.rsqrt(tf.add(tf.add(tf.sum(size, -1), tf.sum(size, -2)), 1));
  return tf.mul(tf.mul(r, 2), tf.mul(tf.expandDims(root, -1), tf.expandDims(root, -2)));
}
