import { expect, test } from 'vitest';
import type { SummaryRow } from '../../cli/index.ts';
import { cube } from '../../experiments/cube.ts';

const config = (settings: Readonly<Record<string, unknown>> = {}) => cube.schema.parse(settings);

test('has a job for each seed, method and number of actions that it gives at once', () => {
  const jobs = cube.jobs(config({ seeds: [1, 2] }));
  // IQL by one, IFQL and FQL by two, seven clones by three.
  expect(jobs).toHaveLength(2 * (1 + 2 * 2 + 7 * 3));
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
  const chunksOf = (name: string) =>
    jobs.flatMap(({ policy, condition, seed }) => (policy === name && seed === 1 ? [condition] : []));
  expect(chunksOf('iql')).toEqual(['chunk-1']);
  expect(chunksOf('fql')).toEqual(['chunk-1', 'chunk-5']);
  expect(chunksOf('spline')).toEqual(['chunk-1', 'chunk-4', 'chunk-8']);
  expect(jobs.every(({ weight }) => weight > 0)).toBe(true);
  expect(cube.jobs(config({ seeds: [1], chunks: [5] })).map(({ policy }) => policy)).toEqual(['ifql', 'fql']);
});

test('says how to make the data where they are missing', async () => {
  expect(() => cube.runtime(config({ datasets: '/nowhere' }))).toThrow(
    'datasets: there is no /nowhere/cube-single-play: npm run dataset -- cube-single-play /nowhere/cube-single-play, then --set datasets=/nowhere',
  );
});

test('the answer has the agents that know the task, the chart all of single actions', () => {
  const row = (policy: string, condition: string, iqm: number): SummaryRow => ({
    ...{ study: 'cube', env: 'gymnasium:ogbench:cube-single-singletask-task2-v0', condition, policy },
    ...{ metric: 'success', iqm, low: iqm, high: iqm, perSeed: [iqm] },
  });
  const rows = [row('iql', 'chunk-1', 0.4), row('fql', 'chunk-1', 0.9), row('fql', 'chunk-5', 0.8)];
  const of = (all: SummaryRow[]) => cube.conclusions!([], all, config() as never).E15!.answer;
  const { text, chart } = of([...rows, row('spline', 'chunk-1', 0.05), row('spline', 'chunk-8', 0.1)])!;
  expect(text).toMatch(
    /^Of their episodes succeed IQL 40\.0.* by single actions; FQL 90\.0.* by single actions; FQL 80\.0.* by chunks of 5\.$/,
  );
  expect(chart!.bars.map(({ label }) => label)).toEqual(['IQL', 'FQL', 'spline']);
  expect(of([rows[0]!])).toBeUndefined();
});
