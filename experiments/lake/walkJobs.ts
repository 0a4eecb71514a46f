import { join } from 'node:path';
import type { JobContext, JobResult } from '../../cli/experiment/experiment.ts';
import { type DensityPolicyName, measureWalks, type PpoSettings, ppoTraining, type Walk } from '../../common/lake.ts';
import type { AnyLakeId } from '../../envs/index.ts';
import { type Policy, savePolicy } from '../../src/index.ts';
import { type StartDensity, startDensity } from './startDensity.ts';

/** What of a run's settings {@link ppoJob} depends on. */
interface PpoJobConfig {
  readonly ppo: { readonly steps: number; readonly envs: number; readonly horizon: number };
  readonly evaluationEpisodes: number;
}

/**
 * PPO on the lake. The lake is fully observed, so it has a deterministic optimum, and every policy
 * class is free to commit to one bank. No advantage of a flow is claimed here; it is measured.
 */
export async function ppoJob(
  {
    env,
    policy: name,
    settings,
    fixedScale,
  }: {
    env: AnyLakeId;
    policy: DensityPolicyName;
    settings: PpoSettings /** σ of a Gaussian that keeps it */;
    fixedScale?: number;
  },
  { ppo, evaluationEpisodes }: PpoJobConfig,
  context: JobContext,
): Promise<JobResult> {
  const { rng } = context;
  const { policy, steps, reports, dispose } = ppoTraining({
    env,
    policy: name,
    settings,
    fixedScale,
    ...ppo,
    rng,
  });
  for await (const { episodes, updates, value, ...report } of reports) {
    const ended = episodes.length;
    const drowned = episodes.filter(({ info }) => info.outcome === 'drowned').length;
    context.report((0.95 * report.step) / steps, {
      ...report,
      episodes: ended,
      return: value,
      drownRate: ended === 0 ? null : drowned / ended,
    });
  }
  const result = finishJob({ env, policy, episodes: evaluationEpisodes, context });
  dispose();
  policy.dispose();
  return result;
}

/** What a job keeps for the figures. */
export interface LakeData {
  readonly walks: readonly Walk[];
  readonly density: StartDensity;
  readonly parameters: number;
}

const KEPT_WALKS = 60;

/** Evaluates a trained policy by its sampled walks and saves it. */
export function finishJob({
  env,
  policy,
  episodes,
  context,
}: {
  env: AnyLakeId;
  policy: Policy;
  /** Walks by which it is measured. */
  episodes: number;
  context: JobContext;
}): JobResult & { data: LakeData } {
  const { metrics, walks } = measureWalks({
    env,
    policy,
    episodes,
    keep: KEPT_WALKS,
    rng: context.rng.split('evaluation'),
  });
  savePolicy(join(context.directory, 'policy.json'), policy, { env, ...metrics });
  return {
    metrics: { ...metrics },
    data: { walks, density: startDensity(policy), parameters: policy.parameterCount() },
  };
}

/**
 * The probability that at least one of k fresh tries succeeds, from `tries` of which `successes` did: 1 − C(n − c, k) / C(n, k), which is
 * unbiased where tries are independent; 1 − (1 − c/n)ᵏ is not.
 *
 * Chen et al., "Evaluating Large Language Models Trained on Code", arXiv:2107.03374 (pass@k).
 *
 * @throws if `tries` are fewer than k, or there are more successes than tries
 */
export function successAtK({ successes, tries, k }: { successes: number; tries: number; k: number }): number {
  if (!Number.isInteger(k) || k < 1 || k > tries) {
    throw new Error(`successAtK: k: got ${k}, expected an integer from 1 to the ${tries} tries`);
  }
  if (!Number.isInteger(successes) || successes < 0 || successes > tries) {
    throw new Error(`successAtK: successes: got ${successes}, expected an integer from 0 to the ${tries} tries`);
  }
  let allFail = 1;
  for (let i = 0; i < k; i++) allFail *= Math.max(0, tries - successes - i) / (tries - i);
  return 1 - allFail;
}
