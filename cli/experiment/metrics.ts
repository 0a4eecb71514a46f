import { join } from 'node:path';
import { writeWholeFile } from '../../src/files.ts';
import type { MetricsRow, Outcome } from './experiment.ts';

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
