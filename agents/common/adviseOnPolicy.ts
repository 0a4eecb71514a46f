import type { Box } from '../../envs/index.ts';
import { GaussianPolicy, type Policy } from '../../src/index.ts';
import { note } from '../../src/note.ts';
import { type LearnerName, policyOptionsFor } from '../../src/policies/policyOptionsFor.ts';
import { leavesBounds } from './leavesBounds.ts';

/**
 * Says, once in a process, what of a policy keeps an agent from learning well though it can learn, and what to write. Actions beyond
 * their bounds are clipped on their way to the environment, of which the gradient through the sample knows nothing; and a Gaussian
 * with one scale for all observations cannot be narrow here and wide there, as the soft optimum is.
 */
export function adviseOnPolicy(agent: LearnerName, policy: Policy, actionSpace: Box): void {
  const { squash, scale }: { squash?: string; scale?: string } = policyOptionsFor[agent] as object;
  const found = [
    squash !== undefined &&
      actionSpace.bounded &&
      leavesBounds(policy, actionSpace) && { is: 'no squash into their bounds', fix: `squash: '${squash}'` },
    scale === 'state' && hasFreeScale(policy) && { is: 'one scale for all observations', fix: `scale: '${scale}'` },
  ].filter((each) => each !== false);
  if (found.length === 0) return;
  const [what, fixes] = [found.map(({ is }) => is).join(', and '), found.map(({ fix }) => fix).join(', ')];
  const name = policy.config?.name ?? 'gaussian';
  note(
    `oxbow: ${agent} learns badly by this ${policy.constructor.name}, whose actions have ${what}: ` +
      `write makePolicy('${name}', { env, for: '${agent}', rng }), or give it ${fixes}`,
  );
}

function hasFreeScale(policy: Policy): boolean {
  return policy instanceof GaussianPolicy && policy.logScale?.trainable === true;
}
