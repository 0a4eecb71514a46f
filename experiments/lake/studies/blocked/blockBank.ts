import { join } from 'node:path';
import { Ppo } from '../../../../agents/index.ts';
import {
  type HeadingPolicy,
  makeHeadingPolicy,
  measureWalks,
  SOFT_LAKE,
  STRIDE,
  softLakeOptions,
  softPpoTraining,
  type Walk,
} from '../../../../agents/lake.ts';
import type { JobContext, JobResult } from '../../../../cli/experiment/experiment.ts';
import { type Bank, makeVec } from '../../../../envs/index.ts';
import { savePolicy } from '../../../../src/index.ts';
import type { LakeConfig } from '../../config.ts';
import { trainOnSoftLake } from '../../headings/trainOnSoftLake.ts';
import { softPpoSettings } from '../../tuned.ts';
import { successAtK } from '../../walks/successAtK.ts';
import { homeRateAgainstOpponent } from './homeRateAgainstOpponent.ts';

/** τ was raised from 0.02, at which the spline nearly lost a bank, on seeds 1000 and 1001. */
export const TASK = { stride: STRIDE, temperature: 0.05 };
const OPTIONS = softLakeOptions(TASK);
/** How many tries success is told for. */
export const TRIES = [1, 2, 4, 8] as const;
/** The share of walks home at which a policy has found the other bank. */
const ADAPTED = 0.9;
const KEPT_WALKS = 40;

/** What a job keeps for the figures. */
export interface BlockedData {
  readonly worst: Bank;
  /** Against the worst bank, before fine-tuning. */
  readonly walks: readonly Walk[];
}

/**
 * Trains a policy over headings on the soft return of the open lake, blocks either bank without a word, and measures how often a walk gets home in k tries; then
 * fine-tunes it by PPO on the lake whose blocked bank is the worse one for it.
 */
export async function blockBank(
  { policy: name }: { policy: HeadingPolicy },
  config: LakeConfig,
  { rng, directory, report }: JobContext,
): Promise<JobResult & { data: BlockedData }> {
  const { blocked, soft, evaluationEpisodes } = config;
  const settings = softPpoSettings(config.tuned, name);
  const policy = makeHeadingPolicy(name, settings.policy, rng.split('policy'));
  const pretraining = { task: TASK, training: soft.lake, settings, rng: rng.split('pretraining') };
  await trainOnSoftLake(softPpoTraining(policy, pretraining), (share) => report(0.7 * share));
  const walk = (blocked: Bank | 'none') =>
    measureWalks({
      env: SOFT_LAKE,
      options: { ...OPTIONS, blocked },
      policy,
      episodes: evaluationEpisodes,
      keep: KEPT_WALKS,
      rng: rng.split(`walks, ${blocked}`),
    });
  const open = walk('none').metrics;
  const [upper, lower] = [walk('upper'), walk('lower')];
  const worst = upper.metrics.homeRate <= lower.metrics.homeRate ? 'upper' : 'lower';
  const { metrics, walks } = worst === 'upper' ? upper : lower;
  const successes = Math.round(metrics.homeRate * evaluationEpisodes);
  const atK = Object.fromEntries(
    TRIES.filter((k) => k <= evaluationEpisodes).map((k) => [
      `success${k}`,
      successAtK({ successes, tries: evaluationEpisodes, k }),
    ]),
  );
  const opponentHome = homeRateAgainstOpponent(policy, OPTIONS, rng.split('opponent'));
  savePolicy(join(directory, 'policy.json'), policy, { env: SOFT_LAKE, ...open });

  const { steps, envs, ...learning } = blocked.fineTuning;
  const env = makeVec(SOFT_LAKE, { ...OPTIONS, numEnvs: envs, blocked: worst });
  const agent = new Ppo({ ...learning, policy, env, rng: rng.split('agent'), gamma: 0.99, klCoefficient: 0 });
  let adapted: number | undefined;
  for await (const { step, episodes } of agent.train({ steps, rng: rng.split('fine-tuning') })) {
    const home = episodes.filter(({ info }) => info.outcome === 'home').length;
    const homeRate = episodes.length === 0 ? null : home / episodes.length;
    if (homeRate !== null && homeRate >= ADAPTED) adapted ??= step;
    report(0.75 + (0.25 * step) / steps, { step, homeRate });
  }
  agent.dispose();
  policy.dispose();
  env.close();
  const { homeRate, drownRate, modeBalance } = open;
  const lesserHome = modeBalance === null ? 0 : homeRate * modeBalance;
  return {
    metrics: {
      homeRate,
      drownRate,
      modeBalance,
      // What is left where the other bank is blocked and no observation tells.
      lesserHome,
      ...atK,
      hidden: (upper.metrics.homeRate + lower.metrics.homeRate) / 2,
      opponentHome,
      adapted: adapted === undefined ? 0 : 1,
      stepsToAdapt: adapted ?? null,
    },
    data: { worst, walks },
  };
}
