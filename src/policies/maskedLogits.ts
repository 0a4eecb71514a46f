import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../nn/stopGradient.ts';

/**
 * Logits that are −∞ where a choice is not allowed: its probability is exactly 0, and its logit has the gradient 0. A choice of which
 * nothing is allowed is left as it is, so that no probability is NaN.
 *
 * Huang and Ontañón, "A Closer Look at Invalid Action Masking in Policy Gradient Algorithms", arXiv:2006.14171.
 *
 * @param logits `[batch, n]`
 * @param mask `[batch, n]`, 1 where it is allowed, else 0
 */
export function maskedLogits(logits: tf.Tensor, mask: tf.Tensor): tf.Tensor {
  const isAllowed = stopGradient(() => tf.greater(allowedChoices(mask), 0.5));
  return tf.where(isAllowed, logits, tf.fill(logits.shape, Number.NEGATIVE_INFINITY));
}

/** A mask as it counts, 1 for what is allowed and 0 else: one that allows nothing allows all. `[batch, n]` → the same. */
export function allowedChoices(mask: tf.Tensor): tf.Tensor {
  const isStuck = tf.cast(tf.less(tf.max(mask, 1, true), 0.5), 'float32');
  return tf.cast(tf.greater(tf.add(mask, isStuck), 0.5), 'float32');
}

/** The mask at the end of observations: `[batch, observationDim]` → `[batch, maskDim]`. */
export function maskOf(observations: tf.Tensor, maskDim: number): tf.Tensor {
  return tf.slice(observations, [0, observations.shape[1]! - maskDim], [-1, maskDim]);
}
