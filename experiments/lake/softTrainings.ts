import { Sac, type TrainReport } from '../../agents/index.ts';
import type { SacReport } from '../../agents/sac.ts';
import type { JobContext } from '../../cli/experiment/experiment.ts';
import type { Settings } from '../../cli/experiment/tuned.ts';
import { HeadingMeter } from '../../common/headings.ts';
import {
  agentTraining,
  departures,
  type HeadingPolicy,
  type LakeProgress,
  type LakeTraining,
  SOFT_LAKE,
  type SoftLakeTask,
  softLakeOptions,
  UNIFORM_ENTROPY,
  type Walk,
} from '../../common/lake.ts';
import type { SoftOptimum } from '../../common/softOptimum.ts';
import { makeVec } from '../../envs/index.ts';
import { cosineSchedule, geometricSchedule, type Policy, type Rng } from '../../src/index.ts';

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

/** Trains a policy over headings on the soft return to the end. */
export async function trainOnSoftLake(
  { steps, reports, dispose }: LakeTraining<LakeProgress & TrainReport>,
  report: JobContext['report'],
): Promise<void> {
  for await (const { episodes, updates, value, ...row } of reports) {
    const drowned = episodes.filter(({ info }) => info.outcome === 'drowned').length;
    report(row.step / steps, { ...row, drownRate: episodes.length === 0 ? null : drowned / episodes.length });
  }
  dispose();
}

/** What a policy over headings loses of the soft return by not being the soft optimum. */
interface SoftRegret {
  /** V*(s₀) − V^π(s₀) = τ E[Σₜ KL(π(· | sₜ) ‖ π*(· | sₜ))], in reward a walk. */
  readonly softRegret: number;
  /** The same over τ and the mean number of steps: nats a step. */
  readonly natsAStep: number;
  /** The mean number of steps of a walk. */
  readonly steps: number;
}

/**
 * The soft regret of a policy along walks of its own: the KL by the midpoint rule on `points` headings at every position from which a step was
 * chosen. Its only error beside that of the optimum is that of the mean over the walks.
 * @param walks the policy's, with exact positions, from the start to their end; what one would go on with after a time limit is not counted
 */
export function softRegret(
  policy: Policy,
  {
    optimum,
    walks,
    points,
  }: { readonly optimum: SoftOptimum; readonly walks: readonly Walk[]; readonly points: number },
): SoftRegret {
  const meter = new HeadingMeter(policy, { optimum, points });
  let [nats, steps] = [0, 0];
  for (const from of walks.flatMap(departures)) {
    nats += meter.measure(from).kl;
    steps += 1;
  }
  meter.dispose();
  return {
    softRegret: (optimum.temperature * nats) / walks.length,
    natsAStep: nats / steps,
    steps: steps / walks.length,
  };
}
