import * as tf from '@tensorflow/tfjs-core';

const BOUND = 5;

/**
 * s = 5 tanh(raw / 5): slopes eˢ between e⁻⁵ and e⁵ = 148, smoothly. Far out, because the bound on the slope of a flow sets how
 * little probability can stay between two modes: slope 40 is s = 3.7, where ds/draw is still 0.45.
 */
export function boundedLogSlope(raw: tf.Tensor): tf.Tensor {
  return tf.mul(tf.tanh(tf.mul(raw, 1 / BOUND)), BOUND);
}
