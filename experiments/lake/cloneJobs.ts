import { join } from 'node:path';
import type { BehaviorCloningReport } from '../../agents/behaviorCloning.ts';
import { BehaviorCloning } from '../../agents/index.ts';
import type { JobContext, JobResult } from '../../cli/experiment/experiment.ts';
import { type CloningSettings, cloneTraining, type Demonstrators, type PolicyName } from '../../common/lake.ts';
import type { AnyLakeId, LakeId } from '../../envs/index.ts';
import {
  type DemonstrationPath,
  demonstrationNoise,
  marginRange,
  shortestPathDirection,
} from '../../envs/lake/demonstrations.ts';
import { lakeGrains } from '../../envs/lake/lakeGrains.ts';
import { type Bank, lake, start, walk } from '../../envs/lake/lakeMap.ts';
import { softBanditData } from '../../envs/toy/bandits.ts';
import { cosineSchedule, type Policy, portableMath, savePolicy } from '../../src/index.ts';
import { type BanditPolicy, drawnDensity, logProbsOnBandit, makeBanditPolicy, SHORE } from './bandit.ts';
import type { LakeConfig } from './config.ts';
import { logProbsAtStart } from './startDensity.ts';
import { isRobotLake } from './tuned.ts';
import { finishJob } from './walkJobs.ts';

/**
 * E1 on a lake: clone scripted demonstrators by maximum likelihood. At the start those of two banks disagree; a policy with one mode
 * fits their average, which leads into the water. The weights of the best held-out step are kept.
 *
 * Beside how its walks end a policy has three metrics: `validationLoss`, −log π of held-out pairs, or `matchingLoss` of one without a density; `startKl`, how far −log π of the
 * demonstrators' velocities at the start is above their entropy, exactly, but for robots, whose demonstrators' law has no such form; and
 * `totalVariation`, the distance between the banks that walks home use and those of the demonstrators.
 */
export async function cloneLake(
  { env, policy: name, demonstrators }: { env: AnyLakeId; policy: PolicyName; demonstrators: Demonstrators },
  config: LakeConfig,
  context: JobContext,
): Promise<JobResult> {
  const { demonstrations: episodes, batchSize } = config.cloning;
  const { rng } = context;
  const settings = cloningSettings(config, env, name);
  const { policy, steps, reports, dispose } = cloneTraining({
    env,
    policy: name,
    demonstrators,
    settings,
    episodes,
    batchSize,
    rng,
  });
  const heldOut = policy.matchingLoss ? 'matchingLoss' : 'validationLoss';
  let best: BehaviorCloningReport['best'];
  for await (const report of reports) {
    best = report.best;
    context.report((0.95 * report.step) / steps, {
      step: report.step,
      loss: report.loss,
      [heldOut]: report.value,
      gradientNorm: report.gradientNorm,
    });
  }
  const result = finishJob({ env, policy, episodes: config.evaluationEpisodes, context });
  const startKl = isRobotLake(env) ? Number.NaN : divergenceAtStart(env, policy, demonstrators);
  const taken = result.metrics.upperShare;
  dispose();
  policy.dispose();
  return {
    ...result,
    metrics: {
      ...result.metrics,
      [heldOut]: best?.validationLoss ?? null,
      bestStep: best?.step ?? null,
      startKl: Number.isFinite(startKl) ? startKl : null,
      totalVariation: taken == null ? null : Math.abs(taken - demonstrators.upperShare),
    },
  };
}

function divergenceAtStart(env: LakeId, policy: Policy, demonstrators: Demonstrators): number {
  const { velocities, probabilities, logDensities } = demonstratedStart({ env, ...demonstrators });
  return divergence(probabilities, logDensities, logProbsAtStart(policy, velocities));
}

/** What a policy is cloned with: as tuned, but for the steps, if the run says how many. */
export function cloningSettings({ tuned, cloning }: LakeConfig, env: AnyLakeId, policy: PolicyName): CloningSettings {
  const settings = tuned.cloning![env]![policy] as unknown as CloningSettings;
  return { ...settings, steps: cloning.steps ?? settings.steps };
}

/** The demonstrators' velocities at the start as a quadrature: points, with the probability of each one's cell. */
interface DemonstratedStart {
  /** `[count, 2]`, row by row. */
  readonly velocities: Float32Array;
  readonly probabilities: Float64Array;
  /** log p(v | start), nats, of each point. */
  readonly logDensities: Float64Array;
}

/** What sort of demonstrators. */
export interface DemonstratedStartOptions {
  readonly env: LakeId;
  readonly upperShare: number;
  readonly path: DemonstrationPath;
  /** Side of a cell; a quarter of the noise's standard deviation. */
  readonly spacing?: number;
  /** Circles by which the mean over all of them is taken. */
  readonly circles?: number;
}

/** Standard deviations beyond which there is nothing. */
const REACH = 6.5;

/**
 * p(v | start) of `collectDemonstrations`, by the midpoint rule:
 *
 *   Σ share(bank) E_R[N(v; d(R, bank), 0.1² I)] 1[the step stays dry] / Z,  R = 0.7 + margin · U(0.7, 1.3),
 *
 * d the unit vector of the tangent to the circle of radius R. Walks that drown are thrown away, which on the stride lake is seen in the
 * first step: hence the indicator. Those that drown later, one in two thousand, are left out of account.
 */
export function demonstratedStart({
  env,
  upperShare,
  path,
  spacing = demonstrationNoise / 4,
  circles = 64,
}: DemonstratedStartOptions): DemonstratedStart {
  const { margin, stride } = lakeGrains[env];
  const [least, most] = marginRange;
  const means = (['upper', 'lower'] as const)
    .map((bank) => ({ bank, share: bank === 'upper' ? upperShare : 1 - upperShare }))
    .filter(({ share }) => share > 0)
    .flatMap(({ bank, share }) =>
      Array.from({ length: circles }, (_, i) => {
        const radius = lake.radius + margin * (least + ((i + 0.5) / circles) * (most - least));
        return { ...direction(path, radius, bank), weight: share / circles };
      }),
    );
  const [xs, ys] = (['x', 'y'] as const).map((axis) => {
    const all = means.map((mean) => mean[axis]);
    const low = Math.min(...all) - REACH * demonstrationNoise;
    const count = Math.ceil((Math.max(...all) + REACH * demonstrationNoise - low) / spacing);
    return Array.from({ length: count }, (_, i) => low + (i + 0.5) * spacing);
  }) as [number[], number[]];
  const precision = 1 / (demonstrationNoise * demonstrationNoise);
  const points = ys.flatMap((vy) =>
    xs.flatMap((vx) => {
      const speed = Math.max(1, Math.sqrt(vx * vx + vy * vy));
      if (walk(start, (stride * vx) / speed, (stride * vy) / speed).outcome === 'drowned') return [];
      const density = means.reduce((sum, { x, y, weight }) => {
        const [dx, dy] = [vx - x, vy - y];
        return sum + weight * portableMath.exp(-0.5 * precision * (dx * dx + dy * dy));
      }, 0);
      // Where there is next to nothing of it a point adds nothing, and the policy need not be asked.
      return density > 1e-12 ? [{ vx, vy, density }] : [];
    }),
  );
  const total = points.reduce((sum, { density }) => sum + density, 0);
  return {
    velocities: Float32Array.from(points.flatMap(({ vx, vy }) => [vx, vy])),
    probabilities: Float64Array.from(points, ({ density }) => density / total),
    logDensities: Float64Array.from(points, ({ density }) => portableMath.log(density / (total * spacing * spacing))),
  };
}

/** A demonstrator's mean velocity at the start. */
function direction(path: DemonstrationPath, radius: number, bank: Bank): { x: number; y: number } {
  if (path === 'shortest') return shortestPathDirection(start, radius, bank);
  return { x: 0, y: bank === 'upper' ? 1 : -1 };
}

/** What a job keeps for the figures. */
interface ClonedBanditData {
  /** π at `DRAWN_ACTIONS`. */
  readonly density: readonly number[];
}

/** The cells of the midpoint rule: beyond there is nothing of the data, and the shores are ends of cells. */
const EXTENT = 4;
const CELLS = 4000;

/**
 * E1 in one number: clone the actions ±1 + N(0, 0.2²) of `softBanditData`. Metrics: `kl`, how far −log π of the data is above its entropy;
 * `water`, π(|a| < ½); and `totalVariation`, |π(a > 0) − ½|.
 */
export async function cloneBandit(
  { policy: name }: { policy: BanditPolicy },
  { cloning: { batchSize, bandit } }: LakeConfig,
  { rng, report, directory }: JobContext,
): Promise<JobResult & { data: ClonedBanditData }> {
  const { actions: count, steps, learningRate } = bandit;
  const policy = makeBanditPolicy(name, rng.split('policy'));
  const agent = new BehaviorCloning({
    policy,
    demonstrations: softBanditData({ count, rng: rng.split('demonstrations') }),
    batchSize,
    learningRate: cosineSchedule(learningRate),
    reportEvery: Math.max(1, Math.round(steps / 10)),
  });
  for await (const { step, loss, gradientNorm } of agent.train({ steps, rng: rng.split('training') })) {
    report((0.95 * step) / steps, { step, loss, gradientNorm });
  }
  const width = (2 * EXTENT) / CELLS;
  const centres = Float64Array.from({ length: CELLS }, (_, i) => -EXTENT + (i + 0.5) * width);
  const ofData = centres.map(banditDataDensity);
  const logProbs = logProbsOnBandit(policy, centres);
  const masses = Float64Array.from(logProbs, (logProb) => portableMath.exp(logProb) * width);
  const massWhere = (test: (action: number) => boolean) =>
    masses.reduce((sum, mass, i) => (test(centres[i]!) ? sum + mass : sum), 0);
  const metrics = {
    kl: divergence(
      ofData.map((density) => density * width),
      ofData.map((density) => (density > 0 ? portableMath.log(density) : 0)),
      logProbs,
    ),
    water: massWhere((action) => Math.abs(action) < SHORE),
    totalVariation: Math.abs(massWhere((action) => action > 0) - 0.5),
  };
  savePolicy(join(directory, 'policy.json'), policy, metrics);
  const density = drawnDensity(policy);
  agent.dispose();
  policy.dispose();
  return { metrics, data: { density } };
}

/** Standard deviation of each half. */
const DEVIATION = 0.2;

/** The density of `softBanditData`'s actions, ½ N(−1, 0.2²) + ½ N(1, 0.2²). */
export function banditDataDensity(action: number): number {
  const bump = (center: number) => portableMath.exp(-0.5 * ((action - center) / DEVIATION) ** 2);
  return (bump(-1) + bump(1)) / (2 * DEVIATION * Math.sqrt(2 * Math.PI));
}

/**
 * KL(p ‖ q) = Σ pᵢ (log pᵢ − log qᵢ), nats, of a quadrature: how far the mean −log q of p's samples is above p's entropy. ∞ where q has
 * no density somewhere in p.
 * @param probabilities of the cells
 * @param logP log-densities of p at their centres
 * @param logQ those of q
 */
export function divergence(probabilities: ArrayLike<number>, logP: ArrayLike<number>, logQ: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < probabilities.length; i++) sum += probabilities[i]! * (logP[i]! - logQ[i]!);
  return sum;
}
