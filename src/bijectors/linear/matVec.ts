import * as tf from '@tensorflow/tfjs-core';

/**
 * A x for one matrix or a batch of them.
 * @param matrix `[...batch, rows, columns]`
 * @param x `[..., columns]`, of which the leading axes broadcast with the batch
 */
export function matVec(matrix: tf.Tensor, x: tf.Tensor): tf.Tensor {
  if (matrix.rank > 2) return tf.sum(tf.mul(matrix, tf.expandDims(x, -2)), -1);
  const [rows, columns] = matrix.shape as [number, number];
  const product = tf.matMul(tf.reshape(x, [x.size / columns, columns]), matrix, false, true);
  return tf.reshape(product, [...x.shape.slice(0, -1), rows]);
}
