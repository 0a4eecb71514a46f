/** The runs whose results are part of the repository, `docs/results/RUN/summary.json`: what tables and figures of the docs are made of. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SummaryRow } from '../cli/experiment/experiment.ts';

const results = resolve(import.meta.dirname, '../docs/results');

/** Finds the row of a policy; undefined where the run did not measure it. */
export type RowOf = (policy: string) => SummaryRow | undefined;
export type Where = Partial<Pick<SummaryRow, 'study' | 'env' | 'condition' | 'metric'>>;

export function isStored(run: string): boolean {
  return existsSync(join(results, run, 'summary.json'));
}

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

export function rowsOf(run: string): readonly SummaryRow[] {
  if (!runs.has(run)) {
    const text = readFileSync(join(results, run, 'summary.json'), 'utf8');
    runs.set(run, (JSON.parse(text) as { results: readonly SummaryRow[] }).results);
  }
  return runs.get(run)!;
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
