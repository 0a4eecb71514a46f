import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../../src/nn/stopGradient.ts';

/** Below it values are taken for this, so that those that are all 0 weigh no more than they can. */
const LEAST = 1e-6;

/**
 * 1 / E[|Q|] of a minibatch, a constant to differentiation: what a loss weighs values by, so that a term beside them counts the same whatever
 * the scale of the rewards.
 *
 * Fujimoto and Gu, "A Minimalist Approach to Offline Reinforcement Learning", arXiv:2106.06860.
 * @param values Q, `[batch]`
 */
export function valueWeight(values: tf.Tensor): tf.Tensor {
  return stopGradient(() => tf.div(1, tf.maximum(tf.mean(tf.abs(values)), LEAST)));
}
