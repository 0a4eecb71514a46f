import * as tf from '@tensorflow/tfjs-core';
import { makeLakePolicy, type PolicyName } from '../../../agents/lake.ts';
import type { Settings } from '../../../cli/experiment/tuned.ts';
import { type Distribution, type Policy, type Rng, SquashedDistribution } from '../../../src/index.ts';

export const BANDIT = 'SoftBandit-v0';

/** About as many in all policies. The bandit has nothing to observe, so that most of them are idle. */
const PARAMETERS = 2000;

/**
 * The policies that are compared on the bandit. Full covariance, NICE and RealNVP are not among them: in one dimension they
 * are Gaussians. Components of a mixture begin apart, since at the one observation, 0, nothing else would part them.
 */
const SETTINGS = {
  gaussian: {},
  'mixture-2': { spread: 0.5 },
  mixture: { spread: 0.5, components: 4 },
  spline: { layers: 2, bins: 16 },
} satisfies Partial<Record<PolicyName, Settings>>;

export type BanditPolicy = keyof typeof SETTINGS;
export const banditPolicies = Object.keys(SETTINGS) as BanditPolicy[];

/** Relative cost of an update of each. */
export const banditCost: Record<BanditPolicy, number> = { gaussian: 1, 'mixture-2': 2, mixture: 2, spline: 4 };

/** One of them, with mean 0 and standard deviation `initialScale` at first. */
export function makeBanditPolicy(name: BanditPolicy, rng: Rng, initialScale = 1): Policy {
  const settings = { ...SETTINGS[name], parameters: PARAMETERS, initialScale };
  return makeLakePolicy(name, { env: BANDIT, settings, rng, scale: 'free' });
}

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
