import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {
  GaussianPolicy,
  geometricSchedule,
  type Policy,
  portableMath,
  type Schedule,
  savePolicy,
} from '../../../src/index.ts';
import type { JobContext, JobResult } from '../../harness/experiment.ts';
import type { BanditTask } from './banditOptimum.ts';
import { type BanditPolicy, makeBanditPolicy } from './banditPolicies.ts';
import { logProbsOnBandit, measureOnBandit } from './measureOnBandit.ts';
import { softenOnBandit } from './softenOnBandit.ts';
import type { BanditSettings } from './softSettings.ts';

/** What a job on the bandit keeps for the figures. */
export interface BanditData {
  /** π at {@link DRAWN_ACTIONS}. */
  readonly density: readonly number[];
  readonly parameters: number;
}

/** −2.5, −2.475, …, 2.5. */
export const DRAWN_ACTIONS: readonly number[] = Array.from({ length: 201 }, (_, i) => (i - 100) / 40);

/** The share of the updates in which an annealed temperature falls from 1. */
const ANNEALED = 0.7;

/** τ in equal ratios from 1, and then held. */
export function annealed(temperature: number): Schedule {
  const fall = geometricSchedule(1, temperature);
  return (share) => fall(share / ANNEALED);
}

/** What {@link banditJob} trains. */
export interface BanditTraining {
  readonly policy: BanditPolicy;
  readonly task: BanditTask;
  /** τ by the share of the updates that is done. */
  readonly temperature: Schedule;
  /** Whether a Gaussian is trained from another start too, on a bank, and the better of the two counts. */
  readonly startsOnBank: boolean;
}

/** Trains a policy on the bandit and measures it against the soft optimum. */
export function banditJob(
  { policy: name, task, temperature, startsOnBank }: BanditTraining,
  settings: BanditSettings,
  { rng, directory, report }: JobContext,
): JobResult & { data: BanditData } {
  const train = (policy: Policy, schedule: Schedule) => {
    softenOnBandit({
      ...settings,
      policy,
      penalty: task.penalty,
      temperature: schedule,
      rng: rng.split('noise'),
      report: (row) => report((0.95 * row.step) / settings.steps, row),
    });
    return { policy, metrics: measureOnBandit(policy, task) };
  };
  const trained = [train(makeBanditPolicy(name, rng.split('policy')), temperature)];
  if (startsOnBank && name === 'gaussian') {
    trained.push(train(onBank(makeBanditPolicy(name, rng.split('policy'), 0.5)), () => task.temperature));
  }
  const best = trained.reduce((a, b) => (b.metrics.kl < a.metrics.kl ? b : a));
  savePolicy(join(directory, 'policy.json'), best.policy, { ...best.metrics });
  const density = Array.from(logProbsOnBandit(best.policy, DRAWN_ACTIONS), (logProb) =>
    Number(portableMath.exp(logProb).toPrecision(4)),
  );
  const parameters = best.policy.parameterCount();
  for (const { policy } of trained) policy.dispose();
  return { metrics: { ...best.metrics }, data: { density, parameters } };
}

/** A Gaussian with its mean moved to the right bank. */
function onBank(policy: Policy): Policy {
  if (!(policy instanceof GaussianPolicy)) throw new Error('onBank: wanted a Gaussian');
  tf.tidy(() => policy.network.layers.at(-1)!.bias!.assign(tf.tensor1d([1])));
  return policy;
}
