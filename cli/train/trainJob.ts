import { join } from 'node:path';
import { savePolicy } from '../../src/index.ts';
import type { Job, JobContext, JobResult } from '../experiment/experiment.ts';
import { makeTraining, type Training } from './makeTraining.ts';
import { openTrainingDataset } from './openTrainingDataset.ts';
import { POLICY, runTraining } from './runTraining.ts';
import { sampledAndGreedy } from './sampledAndGreedy.ts';
import { sharesOf } from './shares.ts';
import type { TrainConfig } from './trainConfig.ts';
import type { PolicyFacts } from './trainSections.ts';

/**
 * Trains an agent, from its last checkpoint if there is one, and evaluates what it has learned. Wherever it is killed, it ends with
 * the same result.
 */
export async function trainJob(job: Job, config: TrainConfig, context: JobContext): Promise<JobResult> {
  const training = makeTraining(job, config, context.rng, await openTrainingDataset(config));
  try {
    await runTraining(training, job, config, context);
    const { policy } = training;
    const { sampled, greedy } = await sampledAndGreedy(policy, job.env, config, context.rng.split('evaluation'));
    const means = { return: sampled.return, greedyReturn: greedy.return, length: sampled.length };
    const step = training.evaluated?.withKept((kept) => kept) ?? config.steps;
    savePolicy(join(context.directory, POLICY), policy, { env: job.env, step, ...means });
    const metrics = { ...means, ...evaluationMetrics(training, config), ...sharesOf(sampled) };
    const data = { parameters: policy.parameterCount(), options: policy.config!.options };
    return { metrics, data: data satisfies PolicyFacts };
  } finally {
    training.dispose();
  }
}

/** What evaluations in the course of a training have found; how many steps it took, where they may end it. */
function evaluationMetrics({ evaluated }: Training, { stopAtReturn }: TrainConfig): JobResult['metrics'] {
  const { best, last, step } = evaluated ?? {};
  if (best === undefined || last === undefined) return {};
  return {
    bestReturn: best.return,
    bestStep: best.step,
    lastReturn: last.return,
    ...(stopAtReturn !== undefined && { steps: step! }),
  };
}
