import * as tf from '@tensorflow/tfjs-core';

/**
 * Rejection sampling with a fixed number of rounds, which a traced graph can hold: the first proposal that is accepted.
 * @param proposals `[rounds, ...shape]`
 * @param accepted which of them are, as bool
 * @param fallback where none is; choose so many rounds that it never shows
 */
export function firstAccepted(proposals: tf.Tensor, accepted: tf.Tensor, fallback: number): tf.Tensor {
  const taken = tf.cast(accepted, 'float32');
  const before = tf.cumsum(taken, 0, true);
  const first = tf.mul(taken, tf.cast(tf.equal(before, 0), 'float32'));
  return tf.add(tf.sum(tf.mul(first, tf.sub(proposals, fallback)), 0), fallback);
}
