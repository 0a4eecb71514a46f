import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { JobContext, JobResult } from '../../../cli/experiment/experiment.ts';
import { type GaussianPolicy, type Policy, type Schedule, savePolicy } from '../../../src/index.ts';
import type { BanditTask } from './banditOptimum.ts';
import { type BanditPolicy, banditCost, makeBanditPolicy } from './banditPolicies.ts';
import { drawnDensity } from './drawnDensity.ts';
import { type BanditMeasure, measureOnBandit } from './measureOnBandit.ts';
import { type BanditNoise, type SoftenOptions, softenOnBandit } from './softenOnBandit.ts';

/** What a job on the bandit keeps for the figures. */
export interface BanditData {
  /** π at `DRAWN_ACTIONS`. */
  readonly density: readonly number[];
  readonly parameters: number;
}

/** What {@link banditJob} trains. */
export interface BanditTraining {
  readonly policy: BanditPolicy;
  readonly task: BanditTask;
  /** τ by the share of the updates that is done. */
  readonly temperature: Schedule;
  readonly noise: BanditNoise;
  /**
   * Whether a Gaussian is also trained from a start on a bank, at constant temperature, and the better of the two counts: its KL
   * has a minimum over the water and one on a bank.
   */
  readonly triesBank: boolean;
}

/** How long it trains, and how fast. */
export type BanditSettings = Pick<SoftenOptions, 'steps' | 'batchSize' | 'learningRate'>;

/** Trains a policy on the bandit, measures it against the soft optimum and saves it. */
export function banditJob(
  { policy: name, task, temperature, noise, triesBank }: BanditTraining,
  settings: BanditSettings,
  { rng, directory, report }: JobContext,
): JobResult & { data: BanditData } {
  const starts = [
    { make: () => makeBanditPolicy(name, rng.split('policy')), temperature },
    ...(triesBank && name === 'gaussian'
      ? [{ make: () => gaussianOnBank(rng.split('policy')), temperature: () => task.temperature }]
      : []),
  ];
  const trained = starts.map((start, i) => {
    const policy = start.make();
    softenOnBandit({
      ...settings,
      policy,
      penalty: task.penalty,
      temperature: start.temperature,
      noise,
      rng: rng.split('noise'),
      report: (row) => report((0.95 * (i + row.step / settings.steps)) / starts.length, { start: i, ...row }),
    });
    return { policy, measure: measureOnBandit(policy, task) };
  });
  const { policy, measure } = trained.reduce((best, other) => (other.measure.kl < best.measure.kl ? other : best));
  const metrics: Record<keyof BanditMeasure, number> = { ...measure };
  savePolicy(join(directory, 'policy.json'), policy, metrics);
  const density = drawnDensity(policy);
  const parameters = policy.parameterCount();
  for (const each of trained) each.policy.dispose();
  return { metrics, data: { density, parameters } };
}

/** N(1, ½²) */
function gaussianOnBank(rng: JobContext['rng']): Policy {
  const policy = makeBanditPolicy('gaussian', rng, 0.5) as GaussianPolicy;
  tf.tidy(() => policy.network.layers.at(-1)!.bias!.assign(tf.tensor1d([1])));
  return policy;
}

/** Seconds of a job, on a quiet core. */
export function banditSeconds(policy: BanditPolicy, { steps, batchSize }: BanditSettings): number {
  return 0.15 + (banditCost[policy] * steps * (100 + batchSize)) / 1.1e7;
}
