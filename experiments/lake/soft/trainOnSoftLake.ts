import { Ppo } from '../../../agents/index.ts';
import { makeVec } from '../../../envs/index.ts';
import { cosineSchedule, geometricSchedule, type Policy, type Rng } from '../../../src/index.ts';
import type { JobContext } from '../../harness/experiment.ts';
import type { SoftLakeSettings } from '../tuned.ts';
import { type SoftLakeTask, UNIFORM_ENTROPY } from './lakeConditions.ts';

/** The optimum knows no time limit: walks of short strides need more steps than the stride lake's twelve. */
const MAX_STEPS = 40;
/** Options of the stride lake, as a task of headings has it. */
export function softLakeOptions({ stride }: SoftLakeTask) {
  return { action: 'heading', stride, maxEpisodeSteps: MAX_STEPS } as const;
}

/** Trains a policy over headings by PPO on the soft return, with a temperature that falls to the task's. */
export async function trainOnSoftLake(
  policy: Policy,
  {
    task,
    training: { steps, envs, horizon },
    settings: { learningRate, firstTemperature, falling, epochs, batchSize, lambda },
    rng,
    report,
  }: {
    task: SoftLakeTask;
    /** Steps are of all environments together, the horizon of each of them. */
    training: { steps: number; envs: number; horizon: number };
    settings: SoftLakeSettings;
    rng: Rng;
    report: JobContext['report'];
  },
): Promise<void> {
  const env = makeVec('LakeStride-v0', { ...softLakeOptions(task), numEnvs: envs, autoresetMode: 'sameStep' });
  const fall = geometricSchedule(firstTemperature, task.temperature);
  const agent = new Ppo({
    policy,
    env,
    rng: rng.split('agent'),
    horizon,
    epochs,
    batchSize,
    gamma: 1,
    lambda,
    learningRate: cosineSchedule(learningRate),
    valueLearningRate: cosineSchedule(2 * learningRate),
    maxGradientNorm: 5,
    temperature: (share) => fall(share / falling),
    baseEntropy: UNIFORM_ENTROPY,
  });
  for await (const { episodes, updates, ...row } of agent.train({ steps, rng: rng.split('training') })) {
    const drowned = episodes.filter(({ info }) => info.outcome === 'drowned').length;
    report(row.step / steps, { ...row, drownRate: episodes.length === 0 ? null : drowned / episodes.length });
  }
  agent.dispose();
  env.close();
}
