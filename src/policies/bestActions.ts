import * as tf from '@tensorflow/tfjs-core';

/** The action of the largest value, the first of several, as 1 among 0: `[batch, n]` → `[batch, n]`. It has no gradient. */
export function bestActions(values: tf.Tensor): tf.Tensor {
  const best = tf.expandDims(tf.argMax(values, 1), 1);
  return tf.cast(tf.equal(tf.cast(best, 'float32'), tf.range(0, values.shape[1]!, 1, 'float32')), 'float32');
}
