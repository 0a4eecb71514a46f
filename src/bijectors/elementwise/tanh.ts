import * as tf from '@tensorflow/tfjs-core';
import { Bijector, type WithLogDet } from '../bijector.ts';

/** The largest float32 below 1. */
const LIMIT = 1 - 2 ** -24;

/**
 * y = tanh x, log-determinant log(1 − y²) = 2(log 2 − x − softplus(−2x)), which stays exact where y rounds to ±1.
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
    const logDet = tf.sub(tf.add(doubled, 2 * Math.LN2), tf.mul(tf.softplus(doubled), 2));
    return [tf.tanh(x), logDet];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const inside = tf.clipByValue(y, -LIMIT, LIMIT);
    const above = tf.log1p(inside);
    const below = tf.log1p(tf.neg(inside));
    return [tf.mul(tf.sub(above, below), 0.5), tf.neg(tf.add(above, below))];
  }
}
