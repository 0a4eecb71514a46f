import { type LakeId, make } from '../../envs/index.ts';
import { makePolicy, type Policy, type Rng } from '../../src/index.ts';

export const policyNames = ['gaussian', 'gaussian-full', 'mixture', 'realnvp', 'spline'] as const;
export type PolicyName = (typeof policyNames)[number];

/**
 * The policies that are compared, all with about 18,000 parameters. A flow spreads them over four small networks, one a layer;
 * the others have one wide one.
 *
 * @param scale whether the diagonal Gaussian's σ is a function of the state (cloning) or free (PPO's usual choice)
 */
export function makeLakePolicy(
  name: PolicyName,
  { env: id, rng, scale }: { env: LakeId; rng: Rng; scale: 'state' | 'free' },
): Policy {
  const { observationSpace, actionSpace } = make(id);
  const task = { observationSpace, actionSpace, rng, parameters: 18_000 };
  switch (name) {
    case 'gaussian':
      return makePolicy(name, { ...task, scale });
    case 'spline':
      return makePolicy(name, { ...task, bound: 4 });
    default:
      return makePolicy(name, task);
  }
}
