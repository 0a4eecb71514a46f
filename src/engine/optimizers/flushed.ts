import * as tf from '@tensorflow/tfjs-core';

// Once its gradient is 0, a parameter's moments decay to subnormal numbers, and rounding holds them there for ever. Processors calculate
// many times slower wherever an operand or a result is subnormal. It is not enough that a moment is normal: so must be what is made of
// it, times its decay, and times a learning rate over a root of the second moment that may still be large.

/** Numbers far above it keep every bit when it is added and taken off again; what is left of others is a multiple of 2⁻¹⁰⁴. */
const FLUSHING = 2 ** -80;
/** The same, a multiple of 2⁻¹²⁴: for squares, which are not multiplied by small numbers, and of which no more than a root is used. */
const FLUSHING_SQUARES = 2 ** -101;

/** A mean of gradients, without what is too small to move a parameter. */
export function flushed(mean: tf.Tensor): tf.Tensor {
  return tf.sub(tf.add(mean, FLUSHING), FLUSHING);
}

/** A mean of squared gradients, without what is nothing beside any ε that is used. */
export function flushedSquares(mean: tf.Tensor): tf.Tensor {
  return tf.sub(tf.add(mean, FLUSHING_SQUARES), FLUSHING_SQUARES);
}
