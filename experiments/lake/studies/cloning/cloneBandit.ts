import { join } from 'node:path';
import { BehaviorCloning } from '../../../../agents/index.ts';
import type { JobContext, JobResult } from '../../../../cli/experiment/experiment.ts';
import { softBanditData } from '../../../../envs/toy/bandits.ts';
import { cosineSchedule, portableMath, savePolicy } from '../../../../src/index.ts';
import { SHORE } from '../../bandit/banditOptimum.ts';
import { type BanditPolicy, makeBanditPolicy } from '../../bandit/banditPolicies.ts';
import { drawnDensity } from '../../bandit/drawnDensity.ts';
import { logProbsOnBandit } from '../../bandit/measureOnBandit.ts';
import type { LakeConfig } from '../../config.ts';
import { divergence } from './divergence.ts';

/** What a job keeps for the figures. */
export interface ClonedBanditData {
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
