import { Ppo, type PpoReport } from '../../../agents/index.ts';
import { makeVec } from '../../../envs/index.ts';
import { cosineSchedule, geometricSchedule, type Policy, type Rng } from '../../../src/index.ts';
import { agentTraining } from '../shared/agentTraining.ts';
import type { LakeProgress, LakeTraining } from '../shared/lakeTraining.ts';
import { type SoftLakeTask, UNIFORM_ENTROPY } from '../studies/soft/lakeConditions.ts';
import type { SoftLakeSettings } from '../tuned.ts';
import { softLakeOptions } from './softLakeTask.ts';

/** What {@link softTraining} takes. */
export interface SoftTrainingOptions {
  readonly task: SoftLakeTask;
  /** Steps are of all environments together, the horizon of each of them. */
  readonly training: { readonly steps: number; readonly envs: number; readonly horizon: number };
  readonly settings: SoftLakeSettings;
  readonly rng: Rng;
}

/**
 * PPO on the soft return for a policy over headings, with a temperature that falls to the task's; the value is the mean return of the
 * episodes that ended since the last report, without their entropy.
 */
export function softTraining(
  policy: Policy,
  {
    task,
    training: { steps, envs, horizon },
    settings: { learningRate, firstTemperature, falling, epochs, batchSize, lambda },
    rng,
  }: SoftTrainingOptions,
): LakeTraining<LakeProgress & PpoReport> {
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
  return agentTraining(agent, { policy, env, steps, rng: rng.split('training') });
}
