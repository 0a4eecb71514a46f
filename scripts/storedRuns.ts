/** The runs whose results are part of the repository, `docs/results/RUN/summary.json`: what tables and figures of the docs are made of. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SummaryRow } from '../cli/experiment/experiment.ts';
import { groupBy } from '../cli/experiment/summarize.ts';
import { interquartileInterval } from '../cli/statistics/bootstrap.ts';

const results = resolve(import.meta.dirname, '../docs/results');

/** Finds the row of a policy; undefined where the run did not measure it. */
export type RowOf = (policy: string) => SummaryRow | undefined;
export type Where = Partial<Pick<SummaryRow, 'study' | 'env' | 'condition' | 'metric'>>;

/** The comparisons that were run in parts: more seeds of some classes, other data, larger policies. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  mazes: ['mazes', 'mazes-seeds', 'mazes-stitch', 'mazes-values', 'mazes-values-stitch'],
};

const runs = new Map<string, readonly SummaryRow[]>();

/** The row of a stored run with one measure of a policy; undefined where the run did not measure it. */
export function measure(run: string, where: Where): RowOf {
  const keys = Object.keys({ condition: undefined, ...where }) as (keyof Where)[];
  return (policy) => {
    const rows = rowsOf(run).filter((row) => row.policy === policy && keys.every((key) => row[key] === where[key]));
    if (rows.length > 1) throw new Error(`${run}: ${rows.length} rows of ${policy} for ${JSON.stringify(where)}`);
    return rows[0];
  };
}

/** The rows of a stored run; of one in parts the rows of all, and what several parts measured is one row with the seeds of each. */
export function rowsOf(run: string): readonly SummaryRow[] {
  if (!runs.has(run)) {
    const parts = PARTS[run] ?? [run];
    const rows = groupBy(parts.flatMap(rowsOfPart), ({ study, env, condition, policy, metric }) =>
      JSON.stringify([study, env, condition, policy, metric]),
    );
    runs.set(run, [...rows.values()].map(joined));
  }
  return runs.get(run)!;
}

interface PartRow extends SummaryRow {
  readonly seeds: readonly number[];
}

function rowsOfPart(part: string): PartRow[] {
  const { results: rows, seeds } = JSON.parse(readFileSync(join(results, part, 'summary.json'), 'utf8')) as {
    results: readonly SummaryRow[];
    seeds: readonly number[];
  };
  return rows.map((row) => ({ ...row, seeds }));
}

/** @throws if two parts have the same seed */
function joined(rows: readonly PartRow[]): SummaryRow {
  const [first] = rows;
  const seeds = rows.flatMap((row) => row.seeds);
  if (new Set(seeds).size < seeds.length) {
    throw new Error(`${first!.study} ${first!.policy}: a seed counts twice, seeds ${seeds.join(', ')}`);
  }
  if (rows.length === 1) return first!;
  const perSeed = rows.flatMap((row) => row.perSeed);
  return { ...first!, ...interquartileInterval(perSeed.filter((value) => value !== null)), perSeed };
}

export function numbers({ perSeed }: SummaryRow): number[] {
  return perSeed.filter((value) => value !== null);
}

export function mean(row: SummaryRow): number {
  return average(numbers(row));
}

export function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function worst(row: SummaryRow): number {
  return Math.max(...numbers(row));
}

export function lowest(row: SummaryRow): number {
  return Math.min(...numbers(row));
}
