import type { Settings } from '../../../cli/experiment/searchSpace.ts';
import { make } from '../../../envs/index.ts';
import { makePolicy, type Policy, type Rng } from '../../../src/index.ts';
import { PARAMETERS, type PolicyName } from '../shared/lakePolicies.ts';
import { SOFT_LAKE } from './softLakeTask.ts';

/**
 * The policies over headings. On a circle there is no full covariance, no RealNVP and no NICE: couplings need two numbers. Gaussians
 * are wound round it; the flow is the circular spline. Components of a mixture begin apart; `mixture` has a number of them that is searched.
 */
const POLICIES = {
  gaussian: { name: 'gaussian', options: { squash: 'wrap', scale: 'state' } },
  'mixture-2': { name: 'mixture', options: { squash: 'wrap', components: 2, head: false } },
  mixture: { name: 'mixture', options: { squash: 'wrap', head: false } },
  spline: { name: 'circular-spline' },
} satisfies Partial<Record<PolicyName, object>>;

export type HeadingPolicy = keyof typeof POLICIES;
export const headingPolicies = Object.keys(POLICIES) as HeadingPolicy[];

/**
 * One of them, of about as many parameters as the policies over velocities.
 * @param settings options that are searched
 */
export function makeHeadingPolicy(policy: HeadingPolicy, settings: Settings, rng: Rng): Policy {
  const { observationSpace, actionSpace } = make(SOFT_LAKE, { action: 'heading' });
  const { name, options = {} } = POLICIES[policy] as { name: string; options?: Settings };
  return makePolicy<string>(name, {
    observationSpace,
    actionSpace,
    rng,
    parameters: PARAMETERS,
    ...options,
    ...settings,
  });
}
