import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../../nn/stopGradient.ts';

const LEAST = 1e-30;

/** v / ‖v‖ along the last axis, without overflow or underflow in ‖v‖²; 0 where v is. */
export function unitVectors(v: tf.Tensor): tf.Tensor {
  // Any constant factor leaves the direction.
  const size = stopGradient(() => tf.maximum(tf.max(tf.abs(v), -1, true), LEAST));
  const scaled = tf.div(v, size);
  return tf.mul(scaled, tf.rsqrt(tf.maximum(tf.sum(tf.square(scaled), -1, true), LEAST)));
}
