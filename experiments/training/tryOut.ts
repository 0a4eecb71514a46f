import type { EpisodeSource } from '../../datasets/episode.ts';
import { Rng } from '../../src/index.ts';
import type { Job } from '../harness/experiment.ts';
import { makeTraining } from './makeTraining.ts';
import type { TrainConfig } from './trainConfig.ts';

/**
 * Makes what a job trains and takes a step with it: what does not fit is seen before anything is written.
 * @throws one line, if something does not fit
 */
export function tryOut(
  job: Pick<Job, 'study' | 'env' | 'policy'>,
  config: TrainConfig,
  dataset?: EpisodeSource | undefined,
): void {
  const training = makeTraining(job, config, new Rng('try-out'), dataset);
  try {
    const { env } = training;
    const { singleActionSpace: space, numEnvs } = env;
    env.reset({ seed: 0 });
    const actions = new Float32Array(numEnvs * space.size);
    const rng = new Rng('actions');
    for (let i = 0; i < numEnvs; i++) space.write(space.sample(rng), actions, i * space.size);
    env.step(actions);
  } finally {
    training.dispose();
  }
}
