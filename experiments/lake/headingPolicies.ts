import { make } from '../../envs/index.ts';
import { makePolicy, type Policy, type Rng } from '../../src/index.ts';
import { PARAMETERS, type PolicyName } from './lakePolicies.ts';

/** Where initialScale is this, a wrapped normal is flat within a tenth: all begin alike. */
const INITIAL_SCALE = 2;

/**
 * The policies over headings. On a circle there is no full covariance, no RealNVP and no NICE: couplings need two numbers. Gaussians
 * are wound round it; the flow is the circular spline. Components of a mixture begin apart.
 */
const POLICIES = {
  gaussian: { name: 'gaussian', options: { squash: 'wrap', scale: 'state', initialScale: INITIAL_SCALE } },
  'mixture-2': {
    name: 'mixture',
    options: { squash: 'wrap', components: 2, head: false, initialScale: INITIAL_SCALE },
  },
  mixture: { name: 'mixture', options: { squash: 'wrap', components: 4, head: false, initialScale: INITIAL_SCALE } },
  spline: { name: 'circular-spline', options: { layers: 2, bins: 8 } },
} satisfies Partial<Record<PolicyName, object>>;

export type HeadingPolicy = keyof typeof POLICIES;
export const headingPolicies = Object.keys(POLICIES) as HeadingPolicy[];

/** One of them, of about as many parameters as the policies over velocities. */
export function makeHeadingPolicy(policy: HeadingPolicy, rng: Rng): Policy {
  const { observationSpace, actionSpace } = make('LakeStride-v0', { action: 'heading' });
  const { name, options } = POLICIES[policy];
  return makePolicy<string>(name, { observationSpace, actionSpace, rng, parameters: PARAMETERS, ...options });
}
