import { expect, test } from 'vitest';
import { interquartileMean, type SummaryRow } from '../../cli/index.ts';
import { dropInCriteria, softCriteria } from '../../experiments/stability.ts';
import { runStudy } from './runStudy.ts';

const row = (policy: string, metric: string, perSeed: (number | null)[]): SummaryRow => {
  const measured = perSeed.filter((value) => value !== null);
  const iqm = measured.length === 0 ? null : interquartileMean(measured);
  return { study: 'ppo', env: 'Pendulum-v1', policy, metric, iqm, low: null, high: null, perSeed };
};

test.each<[string, number[], number[], boolean[]]>([
  ['as good', [-200, -200, -200, -210], [0.02, 0.1, 0.03, 0.03], [true, true, true]],
  ['a mean 6 % below', [-212, -212, -212, -212], [0.02, 0.02, 0.02, 0.02], [false, true, true]],
  ['a seed that collapsed', [-200, -200, -200, -310], [0.02, 0.02, 0.02, 0.02], [true, false, true]],
  ['an update that went too far', [-200, -200, -200, -200], [0.02, 0.02, 0.11, 0.02], [true, true, false]],
])('the answer on %s', (_, returns, moved, holds) => {
  const rows = [
    row('gaussian', 'return', [-200, -200, -200, -205]),
    row('spline', 'return', returns),
    row('spline', 'klOfRollout', moved),
  ];
  expect(dropInCriteria(rows, 'spline')!.map((criterion) => criterion.holds)).toEqual(holds);
  expect(dropInCriteria(rows.slice(1), 'spline')).toBeUndefined();
});

test('returns above 0 and seeds that are missing are answered alike', () => {
  const rows = [
    row('gaussian', 'return', [100, 100, 100, 100]),
    row('spline', 'return', [96, 96, null, 49]),
    row('spline', 'klOfRollout', [0.01, 0.01, null, 0.01]),
  ];
  expect(dropInCriteria(rows, 'spline')!.map(({ holds }) => holds)).toEqual([false, false, true]);
  expect(softCriteria([row('spline', 'kl', [0.01, 0.019])], 'spline')![0]!.holds).toBe(true);
  expect(softCriteria([row('spline', 'kl', [0.03, 0.03])], 'spline')![0]!.holds).toBe(false);
});

test('oxbow run stability: every question is asked of the policies that it is about, and answered', async () => {
  const small = ['ppo.steps=128', 'ppo.horizon=32', 'soft.steps=20', 'evaluationEpisodes=4', 'greedyEpisodes=2'];
  const { results } = await runStudy('stability', ['--seeds', '1'], small);
  const asked = (env: string) => [...new Set(results.filter((each) => each.env === env).map(({ policy }) => policy))];
  expect(asked('Pendulum-v1')).toEqual(['gaussian', 'tanh-gaussian', 'mixture', 'spline']);
  expect(asked('Multigoal-v0')).toEqual(['gaussian', 'tanh-gaussian', 'mixture', 'realnvp', 'spline']);
  expect(asked('SoftBandit-v0')).toEqual(['gaussian', 'mixture', 'spline']);
});
