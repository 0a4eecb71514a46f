import type { Experiment, Job, Outcome } from '../experiment/experiment.ts';
import { groupBy } from '../experiment/groupBy.ts';

/** Which jobs of a run have not finished, a line for each study, environment and condition: `cloning, Lake-v0: spline (seeds 3, 4)`. */
export function missingJobs(
  jobs: readonly Job[],
  outcomes: readonly Outcome[],
  {
    conditionLabel = (condition) => condition,
    policyLabel = (policy) => policy,
  }: Pick<Experiment, 'conditionLabel' | 'policyLabel'> = {},
): string[] {
  const finished = new Set(outcomes.map(({ job }) => job.id));
  const isMissing = ({ id }: Job) => !finished.has(id);
  return [
    ...groupBy(jobs, ({ study, env, condition }) =>
      [study, env, condition && conditionLabel(condition)].filter(Boolean).join(', '),
    ),
  ].flatMap(([where, here]) => {
    if (!here.some(isMissing)) return [];
    if (here.every(isMissing)) return [`${where}: all policies, all seeds`];
    const policies = [...groupBy(here, ({ policy }) => policy)].flatMap(([policy, own]) => {
      const seeds = own.filter(isMissing).map(({ seed }) => seed);
      if (seeds.length === 0) return [];
      if (seeds.length === own.length) return [`${policyLabel(policy)} (all seeds)`];
      return [`${policyLabel(policy)} (seed${seeds.length === 1 ? '' : 's'} ${seeds.join(', ')})`];
    });
    return [`${where}: ${policies.join(', ')}`];
  });
}
