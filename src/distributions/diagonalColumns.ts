import * as tf from '@tensorflow/tfjs-core';

/** The columns of diag(diagonal), `[...batch, dim]` → `[dim, ...batch, dim]`. */
export function diagonalColumns(diagonal: tf.Tensor): tf.Tensor {
  const dim = diagonal.shape.at(-1)!;
  const identity = tf.reshape(tf.eye(dim), [dim, ...diagonal.shape.slice(0, -1).map(() => 1), dim]);
  return tf.mul(identity, diagonal);
}
