import { Ppo, type PpoReport } from '../../../agents/index.ts';
import type { Settings, Tuned } from '../../../cli/experiment/searchSpace.ts';
import { makeVec } from '../../../envs/index.ts';
import { cosineSchedule, geometricSchedule, type Policy, type Rng } from '../../../src/index.ts';
import { agentTraining, type LakeProgress, type LakeTraining } from '../shared/lakeTraining.ts';
import type { HeadingPolicy } from './headingPolicies.ts';
import { SOFT_LAKE, type SoftLakeTask, softLakeOptions, UNIFORM_ENTROPY } from './softLakeTask.ts';

/** What PPO on the soft return takes for a policy over headings. */
export interface SoftPpoSettings {
  /** The first of a cosine. */
  readonly learningRate: number;
  readonly batchSize: number;
  /** Passes over a rollout. */
  readonly epochs: number;
  readonly lambda: number;
  /** τ falls from this one in equal ratios, … */
  readonly firstTemperature: number;
  /** … over this share of the training. */
  readonly falling: number;
  readonly policy: Settings;
}

/** What {@link softPpoTraining} takes. */
export interface SoftPpoTrainingOptions {
  readonly task: SoftLakeTask;
  /** Steps are of all environments together, the horizon of each of them. */
  readonly training: { readonly steps: number; readonly envs: number; readonly horizon: number };
  readonly settings: SoftPpoSettings;
  readonly rng: Rng;
}

/**
 * PPO on the soft return for a policy over headings, with a temperature that falls to the task's; the value is the mean return of the
 * episodes that ended since the last report, without their entropy.
 */
export function softPpoTraining(
  policy: Policy,
  {
    task,
    training: { steps, envs, horizon },
    settings: { learningRate, firstTemperature, falling, epochs, batchSize, lambda },
    rng,
  }: SoftPpoTrainingOptions,
): LakeTraining<LakeProgress & PpoReport> {
  const env = makeVec(SOFT_LAKE, { ...softLakeOptions(task), numEnvs: envs });
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
    // The settings were found with the clip alone.
    klCoefficient: 0,
    temperature: (share) => fall(share / falling),
    baseEntropy: UNIFORM_ENTROPY,
  });
  return agentTraining(agent, { policy, env, steps, rng: rng.split('training') });
}

/** The settings that were found for a policy, with which it is trained for every task and study. */
export function softPpoSettings(tuned: Tuned, policy: HeadingPolicy): SoftPpoSettings {
  return tuned.soft![SOFT_LAKE]![policy] as unknown as SoftPpoSettings;
}

/** Seconds of a training, on a quiet core. */
export function softPpoSeconds({ epochs }: SoftPpoSettings, steps: number): number {
  return 0.5 + 4.2e-6 * epochs * steps;
}
