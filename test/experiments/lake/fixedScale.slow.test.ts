import { expect, test } from 'vitest';
import { lakeSchema } from '../../../experiments/lake/config.ts';
import { climb, flipOf } from '../../../experiments/lake/fixedScale.ts';
import { Rng } from '../../../src/index.ts';

test('the flip is the first fall of |μ| below .25, linear between scales', () => {
  const curve = [0.75, -0.5, 0, 0.3, 0.1].map((mean, i) => ({ scale: 1 + i, mean }));
  expect(flipOf(curve)).toBeCloseTo(2.5, 12);
  expect(flipOf(curve.slice(0, 2))).toBeNull();
  expect(flipOf(curve.slice(2, 3))).toBeNull();
});

test('a policy trained on sampled actions keeps to a bank below the fork and stays between them above', async () => {
  const bandit = { scales: [0.5, 1.3], updates: 60, episodes: 128, learningRate: 0.05 };
  const config = lakeSchema.parse({ studies: ['fixed-scale'], fixedScale: { bandit } });
  const context = { rng: new Rng(1), directory: '', logs: '', settings: '', report: () => {}, say: () => {} };
  const { data, metrics } = await climb({ width: 0.3 }, config, context);
  const [below, above] = data.curve;
  expect(Math.abs(below!.mean)).toBeGreaterThan(0.8);
  expect(Math.abs(above!.mean)).toBeLessThan(0.2);
  expect(metrics.flipVariance).toBeCloseTo(0.09 + metrics.flip! ** 2, 12);
});
