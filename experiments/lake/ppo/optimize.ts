import { Ppo } from '../../../agents/index.ts';
import { makeVec } from '../../../envs/index.ts';
import type { JobContext, JobResult } from '../../harness/experiment.ts';
import { type LakeConfig, PPO_ENV, ppoSettings } from '../config.ts';
import { finishJob } from '../finishJob.ts';
import { makeLakePolicy, type PolicyName } from '../lakePolicies.ts';

/**
 * E0: PPO on the lake. The lake is fully observed, so it has a deterministic optimum, and every policy
 * class is free to commit to one bank. No advantage of a flow is claimed here; it is measured.
 */
export async function optimize(
  { policy: name, fixedScale }: { policy: PolicyName /** σ of a Gaussian that keeps it */; fixedScale?: number },
  config: LakeConfig,
  context: JobContext,
): Promise<JobResult> {
  const { steps, envs, horizon } = config.ppo;
  const { policy: settings, ...learning } = ppoSettings(config.tuned, name);
  const { rng } = context;
  const policy = makeLakePolicy(name, {
    env: PPO_ENV,
    rng: rng.split('policy'),
    ...(fixedScale === undefined
      ? { settings, scale: 'free' }
      : { settings: { ...settings, initialScale: fixedScale }, scale: 'fixed' }),
  });
  const env = makeVec(PPO_ENV, { numEnvs: envs, autoresetMode: 'sameStep' });
  const agent = new Ppo({ policy, env, rng: rng.split('agent'), horizon, ...learning });
  for await (const { episodes, updates, ...report } of agent.train({ steps, rng: rng.split('training') })) {
    const ended = episodes.length;
    const drowned = episodes.filter(({ info }) => info.outcome === 'drowned').length;
    context.report((0.95 * report.step) / steps, {
      ...report,
      episodes: ended,
      return: ended === 0 ? null : episodes.reduce((sum, episode) => sum + episode.return, 0) / ended,
      drownRate: ended === 0 ? null : drowned / ended,
    });
  }
  const result = finishJob({ env: PPO_ENV, policy, config, context });
  agent.dispose();
  policy.dispose();
  env.close();
  return result;
}
