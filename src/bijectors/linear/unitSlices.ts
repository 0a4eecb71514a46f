import * as tf from '@tensorflow/tfjs-core';

/** The slices of size 1 along an axis. Unlike `tf.split`, whose gradient fails for a single part, of an axis of size 1 too. */
export function unitSlices(x: tf.Tensor, axis: -1 | -2): tf.Tensor[] {
  const count = x.shape.at(axis)!;
  return count === 1 ? [x] : tf.split(x, count, axis);
}
