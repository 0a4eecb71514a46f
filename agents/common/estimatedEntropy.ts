import * as tf from '@tensorflow/tfjs-core';
import { type ActionDistribution, type Rng, stopGradient } from '../../src/index.ts';

/**
 * An unbiased estimate of the mean entropy of a batch of action distributions, −E[log π], nats, with an unbiased gradient.
 *
 * Through reparameterized samples the gradient is that of the estimate. Others are constants a, and the gradient is
 * −E[(log π(a) − b) ∇log π(a)] (the score function's), where b is the mean of log π over the other samples of the batch.
 *
 * Williams, "Simple statistical gradient-following algorithms for connectionist reinforcement learning", 1992.
 */
export function estimatedEntropy(distribution: ActionDistribution, rng: Rng): tf.Tensor {
  if (distribution.reparameterized) return tf.neg(tf.mean(distribution.sampleWithLogProb(rng).logProb));
  const latent = stopGradient(() => distribution.sampleWithLogProb(rng).latent);
  const logProb = distribution.logProb(latent);
  const value = stopGradient(() => tf.clone(logProb));
  const { size } = logProb;
  const advantage = size === 1 ? value : tf.mul(tf.sub(value, tf.mean(value)), size / (size - 1));
  // The second term is 0 and carries the gradient.
  return tf.neg(tf.add(tf.mean(value), tf.mean(tf.mul(advantage, tf.sub(logProb, value)))));
}
