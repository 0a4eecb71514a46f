import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../nn/stopGradient.ts';

/**
 * A log-density inside its support and −∞ outside, with gradient 0 there.
 * @param isInside whether a point lies in the support
 * @param logProb finite everywhere: of an argument that has been clamped to the support
 */
export function impossibleOutside(isInside: () => tf.Tensor, logProb: tf.Tensor): tf.Tensor {
  return tf.where(stopGradient(isInside), logProb, tf.fill(logProb.shape, Number.NEGATIVE_INFINITY));
}
