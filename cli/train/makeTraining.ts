import { checkEvaluationOptions, EvaluatedAgent } from '../../agents/core/evaluate.ts';
import { type AgentWithPolicy, makeAgent } from '../../agents/train.ts';
import type { EpisodeSource } from '../../datasets/episode.ts';
import { makeVec, type VectorEnv } from '../../envs/index.ts';
import type { Rng } from '../../src/index.ts';
import type { Job } from '../experiment/experiment.ts';
import type { TrainConfig } from './trainConfig.ts';

/** An agent with what it is made of. */
export interface Training extends AgentWithPolicy {
  readonly env: VectorEnv;
  /** The agent, if it is one whose policy is evaluated in the course of the training. */
  readonly evaluated: EvaluatedAgent | undefined;
  /** Frees all three. */
  dispose(): void;
}

/**
 * What a job trains, from the settings of its run.
 * @param dataset for an agent that learns from data
 * @throws one line, if something does not fit
 */
export function makeTraining(
  { study: agent, env: envName, policy }: Pick<Job, 'study' | 'env' | 'policy'>,
  config: TrainConfig,
  rng: Rng,
  dataset?: EpisodeSource | undefined,
): Training {
  const env = makeEnvs(envName, config, config.envs);
  try {
    const { agent: agentOptions, policy: policyOptions } = config;
    const made = makeAgent('--agent', { agent, policy, env, dataset, envName, agentOptions, policyOptions, rng });
    try {
      const evaluated = evaluatedAgent(made, envName, config);
      return {
        env,
        evaluated,
        policy: made.policy,
        agent: evaluated ?? made.agent,
        dispose() {
          made.agent.dispose();
          made.policy.dispose();
          env.close();
        },
      };
    } catch (error) {
      made.agent.dispose();
      made.policy.dispose();
      throw error;
    }
  } catch (error) {
    env.close();
    throw error;
  }
}

function evaluatedAgent(made: AgentWithPolicy, env: string, config: TrainConfig): EvaluatedAgent | undefined {
  const { evaluateEvery, evaluateEpisodes, evaluateGreedy, keep, stopAtReturn, env: envOptions } = config;
  const options = { evaluateEvery, evaluateEpisodes, evaluateGreedy, keep, stopAtReturn };
  checkEvaluationOptions(options);
  return evaluateEvery === 0 ? undefined : new EvaluatedAgent({ ...made, env, envOptions, ...options });
}

/** Environments of a run that reset in the step that ends an episode. */
export function makeEnvs(id: string, { env }: Pick<TrainConfig, 'env'>, numEnvs: number): VectorEnv {
  return makeVec(id, { ...env, numEnvs });
}
