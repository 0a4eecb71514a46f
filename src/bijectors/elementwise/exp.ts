import * as tf from '@tensorflow/tfjs-core';
import { Bijector, type WithLogDet } from '../bijector.ts';

const LOWEST = 2 ** -126;

/**
 * y = eˣ, log-determinant x. Overflows to infinity above x = 88.7.
 *
 * The inverse clamps y to at least 2⁻¹²⁶ (x = −87.3), with gradient 0 below.
 */
export class Exp extends Bijector {
  readonly eventNdims = 0;

  override monotonicity(): 1 {
    return 1;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return [tf.exp(x), tf.clone(x)];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const x = tf.log(tf.maximum(y, LOWEST));
    return [x, tf.neg(x)];
  }
}
