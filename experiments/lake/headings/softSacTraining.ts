import { Sac, type SacReport } from '../../../agents/index.ts';
import {
  agentTraining,
  type HeadingPolicy,
  type LakeProgress,
  type LakeTraining,
  SOFT_LAKE,
  type SoftLakeTask,
  softLakeOptions,
  UNIFORM_ENTROPY,
} from '../../../agents/lake.ts';
import type { Settings } from '../../../cli/experiment/tuned.ts';
import { makeVec } from '../../../envs/index.ts';
import { cosineSchedule, geometricSchedule, type Policy, type Rng } from '../../../src/index.ts';

/**
 * The policies over headings that SAC trains, with their options. Gaussians begin nearly flat, as the spline does; gradients of samples
 * reach the weights of a mixture by the distributional transform.
 */
export const sacPolicies: { readonly [policy in HeadingPolicy]?: Settings } = {
  gaussian: { initialScale: 2 },
  mixture: { initialScale: 2, components: 4, reparameterize: true },
  spline: {},
};

/** What SAC on the soft return takes for a policy over headings. */
export interface SoftSacSettings {
  /** The first of a cosine, of policy and critics. */
  readonly learningRate: number;
  /** How far the target critics follow at an update. */
  readonly tau: number;
  /** τ falls from this one in equal ratios, … */
  readonly firstTemperature: number;
  /** … over this share of the training. */
  readonly falling: number;
}

/** Found with a few trials on one seed, the same for all policies. */
const COMMON: SoftSacSettings = { learningRate: 2e-3, tau: 0.02, firstTemperature: 0.3, falling: 0.7 };
/** The first actions are uniform: the critics need the shore from all sides. */
const RANDOM_SHARE = 1 / 7;

/**
 * SAC on the soft return for a policy over headings, with a temperature that falls to the task's; the value is the mean return of the
 * episodes that ended since the last report, without their entropy.
 * @param steps of all environments together
 */
export function softSacTraining(
  policy: Policy,
  {
    task,
    steps,
    settings: { learningRate, tau, firstTemperature, falling } = COMMON,
    rng,
  }: {
    readonly task: SoftLakeTask;
    readonly steps: number;
    readonly settings?: SoftSacSettings;
    readonly rng: Rng;
  },
): LakeTraining<LakeProgress & SacReport> {
  const env = makeVec(SOFT_LAKE, { ...softLakeOptions(task), numEnvs: 8 });
  const fall = geometricSchedule(firstTemperature, task.temperature);
  const agent = new Sac({
    policy,
    env,
    rng: rng.split('agent'),
    gamma: 1,
    bufferSize: steps,
    batchSize: 256,
    learningStarts: Math.ceil(RANDOM_SHARE * steps),
    updatesPerStep: 0.5,
    learningRate: cosineSchedule(learningRate),
    tau,
    criticHidden: [128, 128],
    temperature: (share) => fall(share / falling),
    baseEntropy: UNIFORM_ENTROPY,
    reportEvery: Math.ceil(steps / 20),
  });
  return agentTraining(agent, { policy, env, steps, rng: rng.split('training') });
}

/** Seconds of a training, on a quiet core. */
export function softSacSeconds(steps: number): number {
  return 0.5 + 1.5e-3 * steps;
}
