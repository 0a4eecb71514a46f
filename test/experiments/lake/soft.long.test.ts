import { expect, test } from 'vitest';
import { lakeSchema } from '../../../experiments/lake/config.ts';
import { soft } from '../../../experiments/lake/soft.ts';
import { softLake } from '../../../experiments/lake/softLake.ts';
import { sacPolicies } from '../../../experiments/lake/softTrainings.ts';
import { runStudy } from '../runStudy.ts';

test('the jobs: all policies at each temperature, and some with the penalty', () => {
  const jobs = soft.jobs(lakeSchema.parse({ seeds: [3, 4] })).filter(({ env }) => env === 'SoftBandit-v0');
  expect(jobs).toHaveLength(2 * (6 * 4 + 6 + 3));
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
  expect(
    soft.jobs(lakeSchema.parse({ environments: ['Lake-v0'] })).filter(({ env }) => env === 'SoftBandit-v0'),
  ).toEqual([]);
});

test('oxbow run lake --study E2: the better start of a Gaussian counts; the report has figures and what was computed', async () => {
  const few = ['--study', 'E2', '--env', 'SoftBandit-v0', '--seeds', '2', '--policies', 'gaussian,mixture'];
  const small = ['soft.bandit.steps=200', 'soft.bandit.batchSize=64', 'soft.bandit.learningRate=0.05'];
  const { value } = await runStudy('lake', few, small);
  const iqm = (condition: string, policy: string, metric: string) => value({ condition, policy, metric })!;
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
