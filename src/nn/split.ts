import * as tf from '@tensorflow/tfjs-core';

/** `x` in pieces of these sizes along an axis; one piece is `x` itself, of which `tf.split` has no gradient. */
export function split(x: tf.Tensor, sizes: number[], axis: number): tf.Tensor[] {
  return sizes.length === 1 ? [x] : tf.split(x, sizes, axis);
}
