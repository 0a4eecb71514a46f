import * as tf from '@tensorflow/tfjs-core';

/**
 * Losses of rows, each times the weight of its row; without weights as they are.
 *
 * @param losses `[batch, …]`
 * @param weights w, `[batch]`
 */
export function weightedRows(losses: tf.Tensor, weights: tf.Tensor | undefined): tf.Tensor {
  if (weights === undefined) return losses;
  const [batch, ...others] = losses.shape;
  return tf.mul(tf.reshape(weights, [batch!, ...others.fill(1)]), losses);
}
