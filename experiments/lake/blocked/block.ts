import { join } from 'node:path';
import { Ppo } from '../../../agents/index.ts';
import { type Bank, makeVec } from '../../../envs/index.ts';
import { savePolicy } from '../../../src/index.ts';
import type { JobContext, JobResult } from '../../harness/experiment.ts';
import type { LakeConfig } from '../config.ts';
import { makeLakePolicy, type PolicyName } from '../lakePolicies.ts';
import { successAtK } from '../successAtK.ts';
import { measureWalks, type Walk } from '../walks.ts';
import { softenOnLake } from './softenOnLake.ts';

export const BLOCKED_ENV = 'LakeStride-v0';
/** How many tries success is told for. */
export const TRIES = [1, 2, 4, 8] as const;
/** The share of walks home at which a policy has found the other bank. */
export const ADAPTED = 0.9;
const KEPT_WALKS = 40;

/** What a job keeps for the figures. */
export interface BlockedData {
  readonly worst: Bank;
  /** Against the worst bank, before fine-tuning. */
  readonly walks: readonly Walk[];
}

/**
 * Trains a policy on the open lake, blocks either bank without a word, and measures how often a walk gets home in k tries; then
 * fine-tunes it by PPO on the lake whose blocked bank is the worse one for it.
 */
export async function block(
  { policy: name }: { policy: PolicyName },
  { blocked: { pretraining, fineTuning }, evaluationEpisodes }: LakeConfig,
  { rng, directory, report }: JobContext,
): Promise<JobResult & { data: BlockedData }> {
  const { initialScale } = pretraining;
  const settings = { squash: 'tanh', activation: 'relu', initialScale, ...(name === 'mixture' && { components: 4 }) };
  const policy = makeLakePolicy(name, { env: BLOCKED_ENV, settings, rng: rng.split('policy'), scale: 'state' });
  softenOnLake(policy, { ...pretraining, rng: rng.split('pretraining') });
  report(0.5);
  const walk = (blocked: Bank | 'none') =>
    measureWalks({
      env: BLOCKED_ENV,
      options: { blocked },
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
  savePolicy(join(directory, 'policy.json'), policy, { env: BLOCKED_ENV, ...open });

  const { steps, envs, ...learning } = fineTuning;
  const env = makeVec(BLOCKED_ENV, { numEnvs: envs, autoresetMode: 'sameStep', blocked: worst });
  const agent = new Ppo({ ...learning, policy, env, rng: rng.split('agent'), gamma: 0.99 });
  let adapted: number | undefined;
  for await (const { step, episodes } of agent.train({ steps, rng: rng.split('fine-tuning') })) {
    const home = episodes.filter(({ info }) => info.outcome === 'home').length / episodes.length;
    if (home >= ADAPTED) adapted ??= step;
    report(0.5 + (0.45 * step) / steps, { step, homeRate: home });
  }
  agent.dispose();
  policy.dispose();
  env.close();
  const { homeRate, drownRate, modeBalance } = open;
  return {
    metrics: {
      homeRate,
      drownRate,
      modeBalance,
      ...atK,
      hidden: (upper.metrics.homeRate + lower.metrics.homeRate) / 2,
      adapted: adapted === undefined ? 0 : 1,
      stepsToAdapt: adapted ?? steps,
    },
    data: { worst, walks },
  };
}
