import type { JobContext, JobResult } from '../../cli/experiment/experiment.ts';
import { make } from '../../envs/index.ts';
import { measureOnBandit } from '../lake/bandit/measureOnBandit.ts';
import { annealed, softenOnBandit } from '../lake/bandit/softenOnBandit.ts';
import { makeStabilityPolicy, type StabilityConfig, type StabilityPolicy } from './config.ts';

/** The soft optimum of a bandit with two banks: whether the head lets a policy find both, with all its variables at full speed. */
export async function soften(
  { policy: name }: { policy: StabilityPolicy },
  { soft: { temperature, ...settings } }: StabilityConfig,
  { rng, report }: JobContext,
): Promise<JobResult> {
  const { observationSpace, actionSpace } = make('SoftBandit-v0');
  const policy = makeStabilityPolicy(name, { observationSpace, actionSpace, rng: rng.split('policy') });
  softenOnBandit({
    ...settings,
    policy,
    penalty: 0,
    temperature: annealed(temperature),
    noise: 'antithetic',
    rng: rng.split('noise'),
    report: (row) => report((0.95 * row.step) / settings.steps, row),
  });
  const { kl, rightShare } = measureOnBandit(policy, { temperature, penalty: 0 });
  policy.dispose();
  return { metrics: { kl, rightShare } };
}
