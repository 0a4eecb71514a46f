import * as tf from '@tensorflow/tfjs-core';

/** Numbers far above it keep every bit when it is added and taken off again; what is left of others is a multiple of 2⁻¹²⁶. */
const FLUSHING = 2 ** -103;

/**
 * Without subnormal numbers, which processors calculate with many times slower: the moments of a gradient that has gone to 0 would
 * decay to them and stay there.
 */
export function flushed(x: tf.Tensor): tf.Tensor {
  return tf.sub(tf.add(x, FLUSHING), FLUSHING);
}
