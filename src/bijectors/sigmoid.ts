import * as tf from '@tensorflow/tfjs-core';
import { Bijector, type WithLogDet } from './bijector.ts';

const LOWEST = 2 ** -126;
const HIGHEST = 1 - 2 ** -24;

/**
 * y = 1 / (1 + e⁻ˣ), log-determinant log y(1 − y) = x − 2 softplus(x).
 *
 * The inverse clamps y to [2⁻¹²⁶, 1 − 2⁻²⁴], so that it lies between −87.3 and 16.6 and is finite, with gradient 0, at and
 * beyond the border.
 */
export class Sigmoid extends Bijector {
  readonly eventNdims = 0;

  protected computeForward(x: tf.Tensor): WithLogDet {
    return [tf.sigmoid(x), tf.sub(x, tf.mul(tf.softplus(x), 2))];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const inside = tf.clipByValue(y, LOWEST, HIGHEST);
    const above = tf.log(inside);
    const below = tf.log1p(tf.neg(inside));
    return [tf.sub(above, below), tf.neg(tf.add(above, below))];
  }
}
