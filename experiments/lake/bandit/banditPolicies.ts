import type { Policy, Rng } from '../../../src/index.ts';
import type { Settings } from '../../harness/tuning/searchSpace.ts';
import { makeLakePolicy, type PolicyName } from '../shared/lakePolicies.ts';
import type { BanditSettings } from '../studies/soft/softSettings.ts';

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

/** Seconds of a training on the bandit's soft optimum. */
export function banditSeconds(policy: BanditPolicy, { steps, batchSize }: BanditSettings): number {
  return 0.15 + (banditCost[policy] * steps * (100 + batchSize)) / 1.1e7;
}

/** One of them, with mean 0 and standard deviation `initialScale` at first. */
export function makeBanditPolicy(name: BanditPolicy, rng: Rng, initialScale = 1): Policy {
  const settings = { ...SETTINGS[name], parameters: PARAMETERS, initialScale };
  return makeLakePolicy(name, { env: BANDIT, settings, rng, scale: 'free' });
}
