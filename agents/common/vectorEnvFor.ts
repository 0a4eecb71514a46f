import { type AnyEnv, Box, SyncVectorEnv, type VectorEnv } from '../../envs/index.ts';
import type { Policy } from '../../src/index.ts';

/** Parallel environments that reset in the step that ends an episode, with the box of their actions. */
export interface BoxVectorEnv {
  readonly env: VectorEnv;
  readonly actionSpace: Box;
}

/**
 * The environments that a policy acts in; a single one becomes a vector of one.
 * @param owner who asks, as errors name it: `Ppo`
 * @throws if they do not fit the policy, have actions that are no Box, or do not reset in the same step
 */
export function vectorEnvFor(owner: string, policy: Policy, given: VectorEnv | AnyEnv): BoxVectorEnv {
  const env = 'numEnvs' in given ? given : new SyncVectorEnv([() => given], { autoresetMode: 'sameStep' });
  const { singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = env;
  const fits = observationSpace.size === policy.observationDim && actionSpace.size === policy.actionDim;
  if (!(actionSpace instanceof Box) || !fits) {
    throw new Error(
      `${owner}: wanted an environment with ${policy.observationDim} observations and a Box of ${policy.actionDim} ` +
        `actions, as the policy has, got ${observationSpace.size} and a ${actionSpace.constructor.name} of ${actionSpace.size}`,
    );
  }
  if (env.autoresetMode !== 'sameStep') {
    throw new Error(`${owner}: wanted an environment with autoresetMode 'sameStep', got '${env.autoresetMode}'`);
  }
  return { env, actionSpace };
}
