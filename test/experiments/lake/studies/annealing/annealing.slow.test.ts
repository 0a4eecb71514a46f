import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { main } from '../../../../../cli/commands/main.ts';
import type { SummaryRow } from '../../../../../cli/experiment/experiment.ts';
import { lakeSchema } from '../../../../../experiments/lake/config.ts';
import { annealing } from '../../../../../experiments/lake/studies/annealing/annealing.ts';
import { collapses } from '../../../../../experiments/lake/studies/annealing/annealingSection.ts';
import { registry } from '../../../../../experiments/registry.ts';
import { jobsHere } from '../../../../cli/fixture/jobsHere.ts';

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

test('the criteria: a collapse at constant low temperature, both banks with the schedule', () => {
  const holds = (condition: string, perSeed: number[]) =>
    annealing
      .criteria({ outcomes: [], rows: [row(condition, perSeed)] }, lakeSchema.parse({}))
      .flatMap((each) => (each === undefined ? [] : [each.holds]));
  expect(holds('tau-0.02-constant', [0, 0.01, 0.02])).toEqual([true]);
  expect(holds('tau-0.02-constant', [0.2, 0.3, 0.4])).toEqual([false]);
  expect(holds('tau-0.02-constant', [0, 0.3])).toEqual([undefined]);
  // Of the warmer temperature no collapse is claimed.
  expect(holds('tau-0.15-constant', [0.4, 0.5])).toEqual([]);
  expect(holds('tau-0.15-annealed', [0.4, 0.5])).toEqual([true]);
  expect(holds('tau-0.02-annealed', [0.1, 0.2])).toEqual([false]);
});

test('oxbow run lake --study E6: the same runs with the schedule and without', async () => {
  jobsHere();
  const out = join(folder, 'run');
  const argv = [
    'run',
    'lake',
    '--workers',
    '1',
    '--study',
    'E6',
    '--seeds',
    '2',
    '--policies',
    'gaussian,spline',
    '--out',
    out,
  ];
  const small = ['soft.bandit.steps=30', 'soft.bandit.batchSize=32'];
  expect(await main([...argv, ...small.flatMap((setting) => ['--set', setting])], registry)).toBe(0);
  const { results, experiments } = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as {
    results: SummaryRow[];
    experiments: Record<string, { measured: string }>;
  };
  const conditions = new Set(results.map(({ condition }) => condition));
  expect([...conditions]).toEqual([0.02, 0.05, 0.15].flatMap((τ) => [`tau-${τ}-annealed`, `tau-${τ}-constant`]));
  const shares = (metric: string) => results.filter((each) => each.metric === metric).map(({ perSeed }) => perSeed);
  const lesser = shares('rightShare').map((seeds) => seeds.map((share) => Math.min(share!, 1 - share!)));
  expect(shares('lesserShare')).toEqual(lesser);
  expect(experiments.E6!.measured).toContain('spline, annealed');
  const report = readFileSync(join(out, 'report.html'), 'utf8');
  expect(report).toContain('Annealed against constant');
  // Three of shares, and the uneven run beside two others.
  expect(report.match(/<svg role="img"/g)).toHaveLength(6);
});
