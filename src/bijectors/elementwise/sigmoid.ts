import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from '../../options/checkArguments.ts';
import { portableMath } from '../../portableMath.ts';
import { Bijector, type WithLogDet } from '../bijector.ts';
import { LARGEST_FLOAT32, nextFloat32 } from '../float32.ts';
import { roundedBounds } from './roundedBounds.ts';

/** How near y comes to a bound in the inverse, where the float32 numbers are closer together than that. */
const NEAREST = 2 ** -126;

/** Options of {@link Sigmoid}. */
export interface SigmoidOptions {
  /** The lower bound of every entry, or of each entry of the last axis; 0 by default. */
  readonly low?: number | ArrayLike<number>;
  /** The upper bound; 1 by default. */
  readonly high?: number | ArrayLike<number>;
}

/**
 * y = low + (high − low) / (1 + e⁻ˣ): ℝ → (low, high), (0, 1) by default; log-determinant log(high − low) + x − 2 softplus(x),
 * −∞ at ±∞.
 *
 * Bounds are rounded to float32 inwards, and y never leaves them: where rounding would carry it out, it is the bound.
 *
 * The inverse clamps y to the float32 numbers next to the bounds (next to 0, to ±2⁻¹²⁶), so that it is finite, with gradient 0,
 * at and beyond the border; for (0, 1) it lies between −87.3 and 16.6.
 */
export class Sigmoid extends Bijector {
  readonly eventNdims = 0;
  override readonly dim: number | undefined;
  readonly low: readonly number[];
  readonly high: readonly number[];

  /** @throws if the bounds differ in length, or one is not finite, or low ≥ high in float32 */
  constructor(options: SigmoidOptions = {}) {
    super();
    const { low = 0, high = 1 } = checkOptions('Sigmoid', options, {
      low: [Number, Array, undefined],
      high: [Number, Array, undefined],
    });
    const bounds = roundedBounds('Sigmoid: wanted', { low, high });
    this.dim = bounds.dim;
    this.low = bounds.low;
    this.high = bounds.high;
  }

  override monotonicity(): 1 {
    return 1;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    const [low, high] = [this.#tensor(this.low), this.#tensor(this.high)];
    const y = tf.add(tf.mul(tf.sigmoid(x), tf.sub(high, low)), low);
    // At x = ∞ a difference of infinities otherwise.
    const finite = tf.minimum(x, LARGEST_FLOAT32);
    const logDet = tf.add(tf.sub(finite, tf.mul(tf.softplus(x), 2)), this.#logSpan());
    return [tf.minimum(tf.maximum(y, low), high), logDet];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const inside = (bound: number, inwards: 1 | -1) =>
      inwards * Math.max(inwards * nextFloat32(bound, inwards), inwards * bound + NEAREST);
    const lowest = this.#tensor(this.low.map((bound) => inside(bound, 1)));
    const highest = this.#tensor(this.high.map((bound) => inside(bound, -1)));
    const clamped = tf.minimum(tf.maximum(y, lowest), highest);
    const above = tf.log(tf.sub(clamped, this.#tensor(this.low)));
    const below = tf.log(tf.sub(this.#tensor(this.high), clamped));
    return [tf.sub(above, below), tf.sub(this.#logSpan(), tf.add(above, below))];
  }

  #logSpan(): tf.Tensor {
    return this.#tensor(this.low.map((low, i) => portableMath.log(this.high[i]! - low)));
  }

  #tensor(values: readonly number[]): tf.Tensor {
    return this.dim === undefined ? tf.scalar(values[0]!) : tf.tensor1d([...values]);
  }
}
