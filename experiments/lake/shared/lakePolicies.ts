import type { Settings } from '../../../cli/experiment/searchSpace.ts';
import { make } from '../../../envs/index.ts';
import { makePolicy, type Policy, type Rng, type ScaleKind } from '../../../src/index.ts';

/** The policies that are compared: their names in the registry, and the options that make them what they are. */
const POLICIES = {
  gaussian: { name: 'gaussian' },
  'gaussian-full': { name: 'gaussian-full' },
  // As many components as there are banks; `mixture` has a number that is searched.
  'mixture-2': { name: 'mixture', options: { components: 2, head: false, spread: 0 } },
  mixture: { name: 'mixture', options: { head: false, spread: 0 } },
  realnvp: { name: 'realnvp', options: { head: false } },
  spline: { name: 'spline', options: { head: false } },
  // The negative control, a flow with one mode: additive couplings keep volumes, so that the density at f(z) is N(z) and a constant,
  // which has as many maxima as N.
  nice: { name: 'nice', options: { head: false } },
  'flow-matching': { name: 'flow-matching', hasDensity: false },
} as const;

/** Relative cost of an update of each policy. */
export const policyCost: Record<PolicyName, number> = {
  gaussian: 1,
  'gaussian-full': 1,
  'mixture-2': 1.1,
  mixture: 1.2,
  realnvp: 1.7,
  spline: 1.9,
  nice: 1.6,
  'flow-matching': 1,
};

export type PolicyName = keyof typeof POLICIES;
export const policyNames = Object.keys(POLICIES) as PolicyName[];

/** The policies that have log-probabilities: all but cloning needs them. */
export type DensityPolicyName = {
  [name in PolicyName]: (typeof POLICIES)[name] extends { readonly hasDensity: false } ? never : name;
}[PolicyName];
export const densityPolicyNames = policyNames.filter(hasDensity);

export function hasDensity(name: PolicyName): name is DensityPolicyName {
  return !('hasDensity' in POLICIES[name]);
}

/** All policies have about this many, ±10 %: a flow spreads them over one small network a layer, the others have one wide one. */
export const PARAMETERS = 18_000;

/**
 * One of the policies that are compared.
 * @param settings options that are searched
 * @param scale whether the diagonal Gaussian's σ is a function of the state (cloning), free (PPO's usual choice) or stays what it is
 */
export function makeLakePolicy(
  policy: PolicyName,
  { env: id, settings, rng, scale }: { env: string; settings: Settings; rng: Rng; scale: ScaleKind },
): Policy {
  const { observationSpace, actionSpace } = make(id);
  const { name, options = {} } = POLICIES[policy] as { name: string; options?: Settings };
  return makePolicy<string>(name, {
    observationSpace,
    actionSpace,
    rng,
    parameters: PARAMETERS,
    ...(name === 'gaussian' && { scale }),
    ...options,
    ...settings,
  });
}
