import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../nn/sizes.ts';
import { broadcast, matVec, optionalTensor } from '../nn/tensors.ts';
import { checkOptions } from '../options/parse.ts';
import { VectorBijector, type WithLogDet } from './bijector.ts';

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
export class Lu extends VectorBijector {
  readonly logDiagonal: tf.Tensor;
  readonly lower: tf.Tensor | undefined;
  readonly upper: tf.Tensor | undefined;

  /** @throws if the shapes do not fit one another */
  constructor(options: LuOptions) {
    const { logDiagonal, lower, upper } = checkOptions('Lu', options, {
      logDiagonal: tf.Tensor,
      lower: optionalTensor,
      upper: optionalTensor,
    });
    const dim = logDiagonal.shape.at(-1) ?? 0;
    const entries = [(dim * (dim - 1)) / 2];
    super(
      dim,
      [
        [logDiagonal, [dim]],
        [lower, entries],
        [upper, entries],
      ],
      'logDiagonal [..., dim] and lower and upper [..., dim (dim − 1) / 2]',
    );
    this.logDiagonal = logDiagonal;
    this.lower = lower;
    this.upper = upper;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    let y = tf.mul(x, tf.exp(this.logDiagonal));
    if (this.dim > 1) {
      y = tf.add(y, matVec(strictlyUpper(this.upper!, this.dim), x));
      y = tf.add(y, matVec(strictlyLower(this.lower!, this.dim), y));
    }
    return [y, sumOf(this.logDiagonal, y)];
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
    return [x, tf.neg(sumOf(this.logDiagonal, x))];
  }
}

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
export class TriangularAffine extends VectorBijector {
  readonly shift: tf.Tensor;
  readonly logDiagonal: tf.Tensor;
  readonly offDiagonal: tf.Tensor | undefined;

  /** @throws if the shapes do not fit one another */
  constructor(options: TriangularAffineOptions) {
    const { shift, logDiagonal, offDiagonal } = checkOptions('TriangularAffine', options, {
      shift: tf.Tensor,
      logDiagonal: tf.Tensor,
      offDiagonal: optionalTensor,
    });
    const dim = shift.shape.at(-1) ?? 0;
    super(
      dim,
      [
        [shift, [dim]],
        [logDiagonal, [dim]],
        [offDiagonal, [(dim * (dim - 1)) / 2]],
      ],
      'shift and logDiagonal [..., dim] and offDiagonal [..., dim (dim − 1) / 2]',
    );
    this.shift = shift;
    this.logDiagonal = logDiagonal;
    this.offDiagonal = offDiagonal;
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
    if (this.offDiagonal !== undefined) y = tf.add(y, matVec(strictlyLower(this.offDiagonal, this.dim), x));
    return [y, sumOf(this.logDiagonal, y)];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const scale = tf.exp(tf.neg(this.logDiagonal));
    let x = tf.mul(tf.sub(y, this.shift), scale);
    if (this.offDiagonal !== undefined) {
      const unit = tf.mul(strictlyLower(this.offDiagonal, this.dim), tf.expandDims(scale, -1));
      x = solveUnitTriangular(unit, 'lower', x);
    }
    return [x, tf.neg(sumOf(this.logDiagonal, x))];
  }
}

/** Σ log of a diagonal, for each vector of a map's output. */
function sumOf(logDiagonal: tf.Tensor, output: tf.Tensor): tf.Tensor {
  return broadcast(tf.sum(logDiagonal, -1), output.shape.slice(0, -1));
}

/**
 * z with (I + N) z = b, by substitution: a few nodes for each dimension.
 * @param strict N, `[..., dim, dim]`, 0 on the diagonal and on one side of it
 * @param side on which side it is not
 * @param b `[..., dim]`, of which the leading axes broadcast with N's
 */
export function solveUnitTriangular(strict: tf.Tensor, side: 'lower' | 'upper', b: tf.Tensor): tf.Tensor {
  const dim = b.shape.at(-1)!;
  if (dim === 1) return b;
  const columns = tf.split(strict, dim, -1);
  const order = Array.from({ length: dim - 1 }, (_, i) => (side === 'lower' ? i : dim - 1 - i));
  return order.reduce((z, j) => {
    const leading = z.shape.slice(0, -1);
    const known = tf.slice(z, [...leading.map(() => 0), j], [...leading.map(() => -1), 1]);
    return tf.sub(z, tf.mul(tf.squeeze(columns[j]!, [-1]), known));
  }, b);
}

/**
 * Matrices `[..., dim, dim]` from their entries below the diagonal, `[..., dim (dim − 1) / 2]` row by row: L₁₀, L₂₀, L₂₁, …;
 * 0 elsewhere. `dim` is at least 2.
 */
export function strictlyLower(entries: tf.Tensor, dim: number): tf.Tensor {
  const batch = entries.shape.slice(0, -1);
  const sizes = Array.from({ length: dim - 1 }, (_, i) => i + 1);
  const rows = dim === 2 ? [entries] : tf.split(entries, sizes, -1);
  // From the last entry of one row to the first of the next there are dim zeros at the top, then one less each time.
  const pieces = rows.flatMap((row, i) => [tf.zeros([...batch, dim - i]), row]);
  return tf.reshape(tf.concat([...pieces, tf.zeros([...batch, 1])], -1), [...batch, dim, dim]);
}

/** Matrices from their entries above the diagonal, column by column: U₀₁, U₀₂, U₁₂, …; the transposes of {@link strictlyLower}. */
export function strictlyUpper(entries: tf.Tensor, dim: number): tf.Tensor {
  return swapLastTwo(strictlyLower(entries, dim));
}

/** Matrices transposed. */
export function swapLastTwo(x: tf.Tensor): tf.Tensor {
  const axes = Array.from({ length: x.rank }, (_, axis) => axis);
  return tf.transpose(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
}
