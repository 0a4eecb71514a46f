import * as tf from '@tensorflow/tfjs-core';

/**
 * Huber's loss of errors: x²/2 where |x| ≤ 1, else |x| − ½. Written m²/2 + |x| − m with m = min(|x|, 1), which is finite everywhere.
 *
 * Huber, "Robust Estimation of a Location Parameter", 1964.
 */
export function huber(errors: tf.Tensor): tf.Tensor {
  const size = tf.abs(errors);
  const within = tf.minimum(size, 1);
  return tf.add(tf.mul(0.5, tf.square(within)), tf.sub(size, within));
}
