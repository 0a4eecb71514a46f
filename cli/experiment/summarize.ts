import { join } from 'node:path';
import { writeWholeFile } from '../../src/files.ts';
import { Rng } from '../../src/random.ts';
import { Bootstrap, interquartileInterval } from '../statistics/bootstrap.ts';
import type { Job, JobResult, MetricsRow, Outcome, SummaryRow } from './experiment.ts';

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

/**
 * A value with its 95 % interval, as a sentence has it: `39.0 % [38.2, 39.8]`; of one seed the value alone.
 * @param unit stands once, after the value
 */
export function withInterval(
  { iqm, low, high }: Pick<SummaryRow, 'iqm' | 'low' | 'high'>,
  format: (value: number) => string,
  unit = '',
): string {
  if (iqm === null) return 'not measured';
  const value = `${format(iqm)}${unit}`;
  return low === null || high === null ? value : `${value} [${format(low)}, ${format(high)}]`;
}

/** The rows of a job, each with what job it is from. */
export function jobMetrics({ job, rows }: Outcome): MetricsRow[] {
  const { id, study, env, condition, policy, seed } = job;
  const of = { job: id, study, env, ...(condition !== undefined && { condition }), policy, seed };
  return rows.map((row) => ({ ...of, ...row }));
}

/**
 * Writes `metrics.jsonl`, one row a line, and `metrics.csv`. Rows may have different columns: the CSV file has
 * all, in the order in which they first appear, and leaves cells empty.
 */
export function writeMetrics(directory: string, rows: readonly MetricsRow[]): void {
  writeWholeFile(join(directory, 'metrics.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const columns = [...new Set(rows.flatMap(Object.keys))];
  const lines = [columns.map(csvCell), ...rows.map((row) => columns.map((column) => csvCell(row[column])))];
  writeWholeFile(join(directory, 'metrics.csv'), lines.map((line) => `${line.join(',')}\n`).join(''));
}

/** A value as a cell of a CSV file: quoted where it must be, empty where there is none. */
export function csvCell(value: MetricsRow[string] | undefined): string {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The values by key, keys and values in their first order. */
export function groupBy<T, K>(values: Iterable<T>, key: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const value of values) {
    const group = groups.get(key(value));
    if (group === undefined) groups.set(key(value), [value]);
    else group.push(value);
  }
  return groups;
}
