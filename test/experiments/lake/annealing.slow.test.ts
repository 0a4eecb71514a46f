import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { SummaryRow } from '../../../cli/experiment/experiment.ts';
import { collapses } from '../../../experiments/lake/annealing.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-annealing-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const row = (condition: string, perSeed: (number | null)[]): SummaryRow => {
  const measured = perSeed.filter((value) => value !== null);
  const [low, high] = [Math.min(...measured), Math.max(...measured)];
  return {
    study: 'annealing',
    env: 'SoftBandit-v0',
    condition,
    policy: 'spline',
    metric: 'lesserShare',
    iqm: (low + high) / 2,
    low,
    high,
    perSeed,
  };
};

test('collapsed seeds are those with less than 3 % on a bank', () => {
  expect(collapses(row('tau-0.02-constant', [0.029, 0.031, 0.5, null]))).toBe('1 of 3 [6.1\u00a0%, 79.2\u00a0%]');
  expect(collapses(row('tau-0.02-constant', [null]))).toBe('–');
});
