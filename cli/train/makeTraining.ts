import { TrainingSession } from '../../agents/train.ts';
import type { EpisodeSource } from '../../datasets/episode.ts';
import { makeVec, type VectorEnv } from '../../envs/index.ts';
import { Rng } from '../../src/index.ts';
import type { Job } from '../experiment/experiment.ts';
import { firstLine } from '../experiment/text.ts';
import type { TrainConfig } from './trainConfig.ts';

/** What a job trains, on a dataset if its agent learns from data. @throws one line, if something does not fit */
export function makeTraining(
  { study: agent, env: envName, policy }: Pick<Job, 'study' | 'env' | 'policy'>,
  config: TrainConfig,
  rng: Rng,
  dataset?: EpisodeSource | undefined,
): TrainingSession<VectorEnv> {
  const { agent: agentOptions, policy: policyOptions } = config;
  const env = makeVec(envName, { ...config.env, numEnvs: config.envs });
  const evaluations = { ...config, env: envName, envOptions: config.env };
  const close = () => env.close();
  try {
    return new TrainingSession('--agent', {
      ...{ agent, policy, env, close, dataset, envName, agentOptions, policyOptions, evaluations, rng },
    });
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * Makes what a job trains and takes a step with it: what does not fit is seen before anything is written.
 * @returns why there will be no checkpoints, if the environment that it learns in cannot be saved
 * @throws one line, if something does not fit
 */
export function tryOut(
  job: Pick<Job, 'study' | 'env' | 'policy'>,
  config: TrainConfig,
  dataset?: EpisodeSource | undefined,
): string | undefined {
  const training = makeTraining(job, config, new Rng('try-out'), dataset);
  try {
    const { env } = training;
    const { singleActionSpace: space, numEnvs } = env;
    env.reset({ seed: 0 });
    const actions = new Float32Array(numEnvs * space.size);
    const rng = new Rng('actions');
    for (let i = 0; i < numEnvs; i++) space.write(space.sample(rng), actions, i * space.size);
    env.step(actions);
    const learnsThere = dataset === undefined || Number(config.agent.onlineSteps ?? 0) > 0;
    return learnsThere ? unsavedBecause(env) : undefined;
  } finally {
    training.dispose();
  }
}

/** Why an environment that is under way cannot be saved; undefined if it can. */
export function unsavedBecause(env: Pick<VectorEnv, 'state'>): string | undefined {
  try {
    env.state();
    return undefined;
  } catch (error) {
    return firstLine((error as Error).message);
  }
}
