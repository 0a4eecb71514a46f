import * as tf from '@tensorflow/tfjs-core';

const MARGIN = 1e-3;

/** A number above −0.999 from any: itself where it is positive, else 0.999 (exp(x / 0.999) − 1); smooth to first order. */
export function aboveMinusOne(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.elu(tf.div(x, 1 - MARGIN)), 1 - MARGIN);
}
