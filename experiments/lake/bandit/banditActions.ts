import * as tf from '@tensorflow/tfjs-core';
import { type Distribution, type Policy, SquashedDistribution } from '../../../src/index.ts';

/**
 * A policy's actions on SoftBandit-v0, whose only observation is 0: one distribution, however many actions are drawn from it.
 * @throws if the policy squashes its actions, or its distribution is of a kind of its own
 */
export function banditActions(policy: Policy): Distribution {
  const distribution = policy.given(tf.zeros([1, 1]));
  if (!(distribution instanceof SquashedDistribution) || distribution.bijector.constructor.name !== 'Identity') {
    throw new Error(`banditActions: wanted a policy that does not squash its actions, got ${policy.constructor.name}`);
  }
  return distribution.latent;
}
