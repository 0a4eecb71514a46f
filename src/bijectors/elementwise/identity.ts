import * as tf from '@tensorflow/tfjs-core';
import { Bijector, type WithLogDet } from '../bijector.ts';

/** y = x, log-determinant 0. */
export class Identity extends Bijector {
  readonly eventNdims = 0;

  override monotonicity(): 1 {
    return 1;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return [tf.clone(x), tf.zeros(x.shape)];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return [tf.clone(y), tf.zeros(y.shape)];
  }
}
