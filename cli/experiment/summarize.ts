import { Rng } from '../../src/random.ts';
import { Bootstrap } from '../statistics/bootstrap.ts';
import { interquartileInterval } from '../statistics/interquartileInterval.ts';
import type { Job, JobResult, Outcome, SummaryRow } from './experiment.ts';
import { groupBy } from './groupBy.ts';

/**
 * A row for each study, environment, condition, policy and metric: the interquartile mean over the seeds with its 95 % bootstrap
 * interval. Seeds that had nothing to measure are not in the mean: `perSeed` has them as null, and whoever shows the mean says how many there
 * are (`seedsNote`). A policy of which no job has finished has the rows of the others, with nothing in them. The order is that of `jobs`, so that the same jobs give the same summary whichever finished first.
 */
export function summarize(
  jobs: readonly Job[],
  outcomes: readonly Outcome[],
  seeds: readonly number[],
  resamples?: number,
): SummaryRow[] {
  const bootstrap = new Bootstrap({ rng: new Rng('summary'), resamples });
  const metricsOf = new Map(outcomes.map(({ job, result }) => [job.id, result.metrics]));
  const metricsAt = new Map(
    [...groupBy(jobs, where)].map(([at, here]) => [
      at,
      new Set(here.flatMap(({ id }) => Object.keys(metricsOf.get(id) ?? {}))),
    ]),
  );
  const groups = groupBy(jobs, (job) => JSON.stringify([where(job), job.policy]));
  return [...groups.values()].flatMap((group) => {
    const { study, env, condition, policy } = group[0]!;
    const of = { study, env, ...(condition !== undefined && { condition }), policy };
    const bySeed = new Map(group.map((job) => [job.seed, metricsOf.get(job.id)]));
    return [...metricsAt.get(where(group[0]!))!].map((metric) => {
      const perSeed = seeds.map((seed) => metricOf(metric, bySeed.get(seed)));
      const measured = perSeed.filter((value) => value !== null);
      return { ...of, metric, ...interquartileInterval(measured, bootstrap), perSeed };
    });
  });
}

/** A share that a job does not name is 0 of what it measured: another seed's `outcome/left`. */
function metricOf(metric: string, metrics: JobResult['metrics'] | undefined): number | null {
  const value = metrics?.[metric];
  return value === undefined && metrics !== undefined && metric.includes('/') ? 0 : (value ?? null);
}

function where({ study, env, condition }: Job): string {
  return JSON.stringify([study, env, condition]);
}
