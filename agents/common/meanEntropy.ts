import * as tf from '@tensorflow/tfjs-core';
import type { ActionDistribution, Rng } from '../../src/index.ts';
import { estimatedEntropy } from './estimatedEntropy.ts';

/**
 * The mean entropy of the policy, nats: exact where it is known; else from fresh samples where its gradient is asked for, and
 * from the actions at hand where it is only reported.
 * @param logProb log π of the actions at hand, `[batch]`
 */
export function meanEntropy(
  distribution: ActionDistribution,
  { logProb, rng, isTrained }: { logProb: tf.Tensor; rng: Rng; isTrained: boolean },
): tf.Tensor {
  if (distribution.entropy) return tf.mean(distribution.entropy());
  return isTrained ? estimatedEntropy(distribution, rng) : tf.neg(tf.mean(logProb));
}
