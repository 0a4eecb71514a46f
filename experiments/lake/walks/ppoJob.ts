import type { JobContext, JobResult } from '../../harness/experiment.ts';
import { type LakeConfig, PPO_ENV, ppoSettings } from '../config.ts';
import type { PolicyName } from '../shared/lakePolicies.ts';
import { finishJob } from './finishJob.ts';
import { ppoTraining } from './ppoTraining.ts';

/**
 * E0: PPO on the lake. The lake is fully observed, so it has a deterministic optimum, and every policy
 * class is free to commit to one bank. No advantage of a flow is claimed here; it is measured.
 */
export async function optimize(
  { policy: name, fixedScale }: { policy: PolicyName /** σ of a Gaussian that keeps it */; fixedScale?: number },
  config: LakeConfig,
  context: JobContext,
): Promise<JobResult> {
  const settings = ppoSettings(config.tuned, name);
  const { rng } = context;
  const { policy, steps, reports, dispose } = ppoTraining({
    env: PPO_ENV,
    policy: name,
    settings,
    fixedScale,
    ...config.ppo,
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
  const result = finishJob({ env: PPO_ENV, policy, config, context });
  dispose();
  policy.dispose();
  return result;
}
