import { type DensityPolicyName, type PpoSettings, ppoTraining } from '../../../agents/lake.ts';
import type { JobContext, JobResult } from '../../../cli/experiment/experiment.ts';
import type { AnyLakeId } from '../../../envs/index.ts';
import { finishJob } from './finishJob.ts';

/** What of a run's settings {@link ppoJob} depends on. */
export interface PpoJobConfig {
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
