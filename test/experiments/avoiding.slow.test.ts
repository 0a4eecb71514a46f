import { expect, test } from 'vitest';
import { avoiding, summarizeWays } from '../../experiments/avoiding.ts';
import { runStudy } from './runStudy.ts';

const episode = (way: string, outcome: 'finished' | 'collided' | 'timeout' = 'finished') => ({ way, outcome });

test('success, and the entropy of ways of those that reach the line, to the base 24', () => {
  const { metrics, ways } = summarizeWays([
    ...['000', '000', '123', '112'].map((way) => episode(way)),
    episode('000', 'collided'),
    episode('01', 'collided'),
    episode('113', 'timeout'),
    episode('013', 'collided'),
  ]);
  expect(metrics.success).toBe(0.5);
  // ½ log 2 + 2 · ¼ log 4.
  expect(metrics.entropy).toBeCloseTo((1.5 * Math.log(2)) / Math.log(24), 12);
  expect(metrics.ways).toBe(3);
  expect(ways).toMatchObject({ '000': 2, '112': 1, '123': 1, '013': 0 });
  const even = Object.keys(ways).map((way) => episode(way));
  expect(even).toHaveLength(24);
  expect(summarizeWays(even).metrics.entropy).toBeCloseTo(1, 12);
  expect(summarizeWays([episode('000')]).metrics).toEqual({ success: 1, entropy: 0, ways: 1 });
  expect(summarizeWays([episode('', 'collided')]).metrics).toEqual({ success: 0, entropy: 0, ways: 0 });
});

test('has a job for each class, chunk and seed', () => {
  const jobs = avoiding.jobs(avoiding.schema.parse({ seeds: [1, 2] }));
  expect(jobs).toHaveLength(9 * 4 * 2);
  expect(new Set(jobs.map(({ condition }) => condition))).toEqual(
    new Set(['chunk-1', 'chunk-4', 'chunk-8', 'chunk-16']),
  );
});

test('oxbow run avoiding: clones by single actions and by chunks', async () => {
  const small = ['demonstrations=24', 'evaluationEpisodes=40', 'steps=60', 'chunks=[1,4]', 'parameters=6000'];
  const argv = ['--seeds', '1', '--policies', 'regression,mixture-24,spline,minimal-iterative'];
  const { value, summary, results } = await runStudy('avoiding', argv, small);
  expect(new Set(results.map(({ condition }) => condition))).toEqual(new Set(['chunk-1', 'chunk-4']));
  for (const policy of ['regression', 'mixture-24', 'spline', 'minimal-iterative']) {
    for (const condition of ['chunk-1', 'chunk-4']) {
      const [success, entropy] = ['success', 'entropy'].map((metric) => value({ policy, condition, metric })!);
      expect(success).toBeGreaterThanOrEqual(0);
      expect(success).toBeLessThan(1);
      expect(entropy).toBeLessThan(1);
    }
  }
  // A policy of single walks: whatever it does, it does always.
  expect(value({ policy: 'regression', condition: 'chunk-1', metric: 'ways' })).toBeLessThanOrEqual(1);
  expect(summary.experiments.E14.answer).toMatch(
    /a spline \d+\.\d.* by single actions and .* by chunks of 4; a mixture of 24/,
  );
});
