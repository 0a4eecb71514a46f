import { type AnyEnv, Box, Discrete, SyncVectorEnv, type VectorEnv } from '../../envs/index.ts';
import type { Policy } from '../../src/index.ts';

/** Parallel environments that reset in the step that ends an episode, with the space of their actions. */
export interface PolicyEnv {
  readonly env: VectorEnv;
  readonly actionSpace: Box | Discrete;
}

/**
 * The environments that a policy acts in; a single one becomes a vector of one.
 * @param owner who asks, as errors name it: `Ppo`
 * @throws if they do not fit the policy, have actions that are neither a Box nor Discrete, or do not reset in the same step
 */
export function vectorEnvFor(owner: string, policy: Policy, given: VectorEnv | AnyEnv): PolicyEnv {
  const env = 'numEnvs' in given ? given : new SyncVectorEnv([() => given], { autoresetMode: 'sameStep' });
  const { singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = env;
  if (observationSpace.size !== policy.observationDim || !isActionSpaceOf(policy, actionSpace)) {
    const { discreteActions } = policy;
    const actions = discreteActions
      ? `${new Discrete(discreteActions.n, discreteActions.start)} actions`
      : `a Box of ${policy.actionDim} actions`;
    throw new Error(
      `${owner}: wanted an environment with ${policy.observationDim} observations and ${actions}, as the policy has, ` +
        `got ${observationSpace.size} and ${actionSpace instanceof Box ? `a Box of ${actionSpace.size}` : actionSpace}`,
    );
  }
  if (env.autoresetMode !== 'sameStep') {
    throw new Error(`${owner}: wanted an environment with autoresetMode 'sameStep', got '${env.autoresetMode}'`);
  }
  return { env, actionSpace };
}

function isActionSpaceOf({ discreteActions, actionDim }: Policy, space: unknown): space is Box | Discrete {
  if (discreteActions === undefined) return space instanceof Box && space.size === actionDim;
  return space instanceof Discrete && space.n === discreteActions.n && space.start === discreteActions.start;
}
