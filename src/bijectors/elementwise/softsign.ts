import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../../nn/stopGradient.ts';
import { Bijector, type WithLogDet } from '../bijector.ts';

/** The largest float32 below 1. */
const LIMIT = 1 - 2 ** -24;

/**
 * y = x / (1 + |x|): ℝ → (−1, 1), log-determinant −2 log(1 + |x|). Its slope is continuous, with a kink at 0.
 *
 * The inverse x = y / (1 − |y|), log-determinant −2 log(1 − |y|), clamps y to ±(1 − 2⁻²⁴), so that it ends at
 * x = ±(2²⁴ − 1) and is finite, with gradient 0, beyond. Keep x where it is needed again: beyond |x| = 2¹⁴ y does not hold it to three
 * digits.
 */
export class Softsign extends Bijector {
  readonly eventNdims = 0;

  override monotonicity(): 1 {
    return 1;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    const size = tf.abs(x);
    const rest = tf.div(1, tf.add(size, 1));
    const sign = tf.sign(x);
    // Far from 0 the slope of x·rest is a difference of numbers that are nearly equal, NaN at ±∞; that of 1 − rest is rest².
    const near = stopGradient(() => tf.less(size, 1));
    const y = tf.where(near, tf.mul(tf.clipByValue(x, -1, 1), rest), tf.sub(sign, tf.mul(sign, rest)));
    return [y, tf.mul(tf.log1p(size), -2)];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const inside = tf.clipByValue(y, -LIMIT, LIMIT);
    const size = tf.abs(inside);
    return [tf.div(inside, tf.sub(1, size)), tf.mul(tf.log1p(tf.neg(size)), -2)];
  }
}
