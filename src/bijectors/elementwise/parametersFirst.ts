import * as tf from '@tensorflow/tfjs-core';

/** `[..., count · dim]` → `[count, ..., dim]` */
export function parametersFirst(parameters: tf.Tensor, dim: number): tf.Tensor {
  const [rows, last] = [parameters.shape.slice(0, -1), parameters.shape.at(-1)!];
  const count = last / dim;
  const batch = tf.util.sizeFromShape(rows);
  const flat = tf.reshape(parameters, dim === 1 ? [batch, count] : [batch, count, dim]);
  return tf.reshape(tf.transpose(flat, dim === 1 ? [1, 0] : [1, 0, 2]), [count, ...rows, dim]);
}
