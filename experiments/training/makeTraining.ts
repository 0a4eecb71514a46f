import { type AgentWithPolicy, makeAgent } from '../../agents/common/makeAgent.ts';
import { makeVec, type VectorEnv } from '../../envs/index.ts';
import type { Rng } from '../../src/index.ts';
import type { Job } from '../harness/experiment.ts';
import type { TrainConfig } from './trainConfig.ts';

/** An agent with what it is made of. */
export interface Training extends AgentWithPolicy {
  readonly env: VectorEnv;
  /** Frees all three. */
  dispose(): void;
}

/**
 * What a job trains, from the settings of its run.
 * @throws one line, if something does not fit
 */
export function makeTraining(
  { study: agent, env: envName, policy }: Pick<Job, 'study' | 'env' | 'policy'>,
  config: TrainConfig,
  rng: Rng,
): Training {
  const env = makeEnvs(envName, config, config.envs);
  try {
    const { agent: agentOptions, policy: policyOptions } = config;
    const made = makeAgent('--agent', { agent, policy, env, envName, agentOptions, policyOptions, rng });
    return {
      env,
      ...made,
      dispose() {
        made.agent.dispose();
        made.policy.dispose();
        env.close();
      },
    };
  } catch (error) {
    env.close();
    throw error;
  }
}

/** Environments of a run that reset in the step that ends an episode. */
export function makeEnvs(id: string, { env }: Pick<TrainConfig, 'env'>, numEnvs: number): VectorEnv {
  return makeVec(id, { ...env, numEnvs });
}
