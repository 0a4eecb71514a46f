import { expect, test } from 'vitest';
import { BumpBanditEnv } from '../../../envs/toy/bandits.ts';
import { lakeSchema } from '../../../experiments/lake/config.ts';
import { ascend, bestMean, bumpReturn, bumpReturnSlope, climb, flipOf } from '../../../experiments/lake/fixedScale.ts';
import { Rng } from '../../../src/index.ts';

const tasks = [
  { scale: 0.5, width: 0.3 },
  { scale: 0.9, width: 0.3 },
  { scale: 0.78, width: 0.6 },
  { scale: 1.2, width: 0.6 },
];

test.each(tasks)('the return is the mean reward of the environment: $scale, $width', ({ scale, width }) => {
  const env = new BumpBanditEnv({ width });
  const step = 0.001;
  for (const mean of [-0.8, 0, 0.3, 1.1]) {
    let expected = 0;
    for (let a = mean - 9 * scale; a <= mean + 9 * scale; a += step) {
      const density = Math.exp(-0.5 * ((a - mean) / scale) ** 2) / (scale * Math.sqrt(2 * Math.PI));
      expected += density * env.reward([a]) * step;
    }
    expect(bumpReturn(mean, { scale, width })).toBeCloseTo(expected, 8);
    const difference = (bumpReturn(mean + 1e-5, { scale, width }) - bumpReturn(mean - 1e-5, { scale, width })) / 2e-5;
    expect(bumpReturnSlope(mean, { scale, width })).toBeCloseTo(difference, 7);
  }
});

test.each(tasks)('no mean returns more than the best one, and ascent finds it: $scale, $width', (task) => {
  const best = bestMean(task);
  for (let mean = 0; mean <= 1.5; mean += 0.001) {
    expect(bumpReturn(mean, task)).toBeLessThanOrEqual(bumpReturn(best, task) + 1e-12);
  }
  expect(ascend(task)).toBeCloseTo(best, 4);
});

test('the fork is where s² + σ² = 1', () => {
  for (const width of [0.3, 0.6]) {
    const fork = Math.sqrt(1 - width * width);
    expect(bestMean({ scale: fork * 0.99, width })).toBeGreaterThan(0.1);
    expect(bestMean({ scale: fork * 1.001, width })).toBe(0);
  }
});

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
