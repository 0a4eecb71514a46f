import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { main } from '../../../cli/commands/main.ts';
import type { SummaryRow } from '../../../cli/experiment/experiment.ts';
import { lakeSchema } from '../../../experiments/lake/config.ts';
import { soft } from '../../../experiments/lake/soft.ts';
import { softLake } from '../../../experiments/lake/softLake.ts';
import { sacPolicies } from '../../../experiments/lake/softTrainings.ts';
import { registry } from '../../../experiments/registry.ts';
import { jobsHere } from '../../cli/fixture/jobsHere.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-soft-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the jobs: all policies at each temperature, and some with the penalty', () => {
  const jobs = soft.jobs(lakeSchema.parse({ seeds: [3, 4] })).filter(({ env }) => env === 'SoftBandit-v0');
  expect(jobs).toHaveLength(2 * (6 * 4 + 6 + 3));
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
  expect(
    soft.jobs(lakeSchema.parse({ environments: ['Lake-v0'] })).filter(({ env }) => env === 'SoftBandit-v0'),
  ).toEqual([]);
});

test('oxbow run lake --study E2: the better start of a Gaussian counts; the report has figures and what was computed', async () => {
  jobsHere();
  const out = join(folder, 'run');
  const argv = [
    'run',
    'lake',
    '--workers',
    '1',
    '--study',
    'E2',
    '--env',
    'SoftBandit-v0',
    '--seeds',
    '2',
    '--out',
    out,
  ];
  const small = ['soft.bandit.steps=200', 'soft.bandit.batchSize=64', 'soft.bandit.learningRate=0.05'];
  const few = ['--policies', 'gaussian,mixture'];
  expect(await main([...argv, ...few, ...small.flatMap((setting) => ['--set', setting])], registry)).toBe(0);
  const { results } = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as { results: SummaryRow[] };
  const iqm = (condition: string, policy: string, metric: string) =>
    results.find((each) => each.condition === condition && each.policy === policy && each.metric === metric)!.iqm!;
  // On a bank below the flip, over the water above it.
  expect(iqm('tau-0.05', 'gaussian', 'rightShare')).toBeGreaterThan(0.99);
  expect(iqm('tau-0.5', 'gaussian', 'rightShare')).toBeCloseTo(0.5, 2);
  expect(iqm('tau-0.05', 'mixture', 'kl')).toBeLessThan(0.1);
});

test('SAC learns where it is given steps, and nowhere else', () => {
  const jobsOf = (steps: number) =>
    softLake
      .jobs(lakeSchema.parse({ seeds: [3, 4], soft: { sac: { steps } } }))
      .filter(({ condition }) => condition?.startsWith('sac'));
  expect(jobsOf(0)).toEqual([]);
  const jobs = jobsOf(1000);
  expect(jobs.map(({ policy, seed }) => [policy, seed])).toEqual(
    Object.keys(sacPolicies).flatMap((policy) => [3, 4].map((seed) => [policy, seed])),
  );
  expect(new Set(jobs.map(({ condition }) => condition))).toEqual(new Set(['sac-stride-1.3-tau-0.1']));
});
