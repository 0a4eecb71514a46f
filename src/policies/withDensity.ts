import type { Policy } from './policy.ts';

/**
 * The policy as one that has a density: itself, or what its `exact` gives, over the same variables.
 * @param owner who asks, as errors name it: `actionDensity`
 * @throws if it has samples and no way to a density
 */
export function withDensity(owner: string, policy: Policy): Policy {
  const found = policy.hasDensity === false ? policy.exact?.() : policy;
  if (found !== undefined) return found;
  const got = `got ${policy.constructor.name}, which has samples and no density`;
  throw new Error(`${owner}: policy: ${got}, expected one that has a density, as a Gaussian or a flow`);
}
