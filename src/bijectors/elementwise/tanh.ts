import * as tf from '@tensorflow/tfjs-core';
import { Bijector, type WithLogDet } from '../bijector.ts';
import { LARGEST_FLOAT32 } from '../float32.ts';

/** The largest float32 below 1. */
const LIMIT = 1 - 2 ** -24;

/**
 * y = tanh x, log-determinant log(1 − y²) = 2(log 2 − x − softplus(−2x)), which stays exact where y rounds to ±1, and is −∞ at ±∞.
 *
 * The inverse clamps y to ±(1 − 2⁻²⁴), so that it ends at x = ±8.66 and is finite, with gradient 0, at and beyond ±1. Keep x
 * where it is needed again: beyond |x| = 6 y does not hold it to three digits.
 */
export class Tanh extends Bijector {
  readonly eventNdims = 0;

  override monotonicity(): 1 {
    return 1;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    const doubled = tf.mul(x, -2);
    // At x = −∞ a difference of infinities otherwise.
    const finite = tf.minimum(doubled, LARGEST_FLOAT32);
    const logDet = tf.sub(tf.add(finite, 2 * Math.LN2), tf.mul(tf.softplus(doubled), 2));
    return [tf.tanh(x), logDet];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const inside = tf.clipByValue(y, -LIMIT, LIMIT);
    const above = tf.log1p(inside);
    const below = tf.log1p(tf.neg(inside));
    return [tf.mul(tf.sub(above, below), 0.5), tf.neg(tf.add(above, below))];
  }
}
