import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { SummaryRow } from '../../cli/index.ts';
import { registry } from '../../experiments/registry.ts';
import { jobsHere } from '../cli/fixture/jobsHere.ts';
import { oxbowOn } from '../cli/fixture/oxbow.ts';

type Where = Partial<Pick<SummaryRow, 'study' | 'env' | 'condition' | 'policy' | 'metric'>>;

/** Runs a study at a small size, its jobs in this process, into a folder that goes with the test. @param settings `name=value` each */
export async function runStudy(name: string, argv: readonly string[], settings: readonly string[] = []) {
  jobsHere();
  const folder = mkdtempSync(join(tmpdir(), `oxbow-${name}-`));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return runInto(join(folder, 'run'), name, argv, settings);
}

/** {@link runStudy} into a run directory, which may be there. */
export async function runInto(out: string, name: string, argv: readonly string[], settings: readonly string[] = []) {
  const sets = settings.flatMap((setting) => ['--set', setting]);
  const { code, stdout, stderr } = await oxbowOn(
    registry,
    'run',
    name,
    '--workers',
    '1',
    '--out',
    out,
    ...argv,
    ...sets,
  );
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
  const results: readonly SummaryRow[] = summary.results;
  const row = (where: Where) =>
    results.find((each) => Object.entries(where).every(([key, value]) => each[key as keyof Where] === value))!;
  return { out, stdout, summary, results, row, value: (where: Where) => row(where)?.iqm };
}
