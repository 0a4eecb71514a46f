import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../nn/stopGradient.ts';

/**
 * A log-density inside its support and −∞ outside, with gradient 0 there. What is not a number lies nowhere, and stays NaN.
 * @param isInside whether a point lies in the support
 * @param logProb of an argument that has been clamped to the support: finite everywhere, or NaN
 */
export function impossibleOutside(isInside: () => tf.Tensor, logProb: tf.Tensor): tf.Tensor {
  const outside = stopGradient(() => tf.minimum(logProb, Number.NEGATIVE_INFINITY));
  return tf.where(stopGradient(isInside), logProb, outside);
}
