import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import type { Job, MetricsRow } from '../../cli/experiment/experiment.ts';
import { bananaSchema } from '../../experiments/banana/config.ts';
import { type BananaData, fitBanana, GIVEN, GRID } from '../../experiments/banana/fit.ts';
import { sections } from '../../experiments/banana/sections.ts';
import { BANANA, bananaLogDensity, bananaMarginal, drawBanana } from '../../src/flows/planeDensities.ts';
import {
  affineFamily,
  Chain,
  ConditionalBijector,
  type Direction,
  Scale,
  StandardNormal,
  sumLogDet,
  TransformedDistribution,
  type WithLogDet,
} from '../../src/index.ts';
import { Rng } from '../../src/random.ts';

/** An affine coupling whose network is the right one: (z₁, z₂) → (z₁ + 4 z₂², z₂). */
class Exact extends ConditionalBijector {
  transform(input: tf.Tensor, direction: Direction): WithLogDet {
    const [entry, passed] = tf.split(input, 2, -1) as [tf.Tensor, tf.Tensor];
    const parameters = tf.concat([tf.mul(tf.square(passed), 4), tf.zerosLike(passed)], -1);
    const coupled = affineFamily.bijector(parameters, 1);
    const [value, logDet] = direction === 'forward' ? coupled.forwardAndLogDet(entry) : coupled.inverseAndLogDet(entry);
    return [tf.concat([value, passed], -1), sumLogDet(logDet, 0, 1)];
  }
}

test('one affine coupling is exactly optimal', () => {
  const bijector = new Chain([new Scale([1, 4]), new Exact(2, 0)]);
  const distribution = new TransformedDistribution({ base: new StandardNormal(2), bijector });
  const rows = drawBanana(new Rng('points'), 4096);
  const logProb = distribution.logProb(tf.tensor2d(rows, [4096, 2])).dataSync();
  let gap = 0;
  logProb.forEach((value, i) => {
    const exact = bananaLogDensity(rows[2 * i]!, rows[2 * i + 1]!);
    expect(Math.abs(value - exact)).toBeLessThan(2e-4);
    gap += (exact - value) / 4096;
  });
  expect(Math.abs(gap)).toBeLessThan(1e-6);
});

test('what is known of the data is so', () => {
  const count = 200_000;
  const rows = drawBanana(new Rng('truth'), count);
  const means = { surprise: 0, x1: 0, square1: 0, square2: 0, product: 0 };
  for (let i = 0; i < rows.length; i += 2) {
    const [x1, x2] = [rows[i]!, rows[i + 1]!];
    means.surprise -= bananaLogDensity(x1, x2) / count;
    means.x1 += x1 / count;
    means.square1 += (x1 - 4) ** 2 / count;
    means.square2 += x2 ** 2 / count;
    means.product += ((x1 - 4) * x2) / count;
  }
  expect(BANANA.entropy).toBeCloseTo(4.2242, 4);
  expect(BANANA.gaussian).toBeCloseTo(5.972, 3);
  expect(means.surprise).toBeCloseTo(BANANA.entropy, 1);
  expect(means.x1).toBeCloseTo(BANANA.mean[0], 1);
  expect(Math.abs(means.square1 - BANANA.variance[0])).toBeLessThan(1);
  expect(Math.abs(means.square2 - BANANA.variance[1])).toBeLessThan(0.3);
  expect(Math.abs(means.product)).toBeLessThan(0.5);
  // I = E[log p(x₁ | x₂) − log p(x₁)].
  let information = 0;
  for (let i = 0; i < 4000; i += 2) {
    const [x1, x2] = [rows[i]!, rows[i + 1]!];
    const given = -0.5 * (x1 - x2 ** 2 / 4) ** 2 - 0.5 * Math.log(2 * Math.PI);
    information += (given - Math.log(bananaMarginal(x1))) / 2000;
  }
  expect(Math.abs(information - BANANA.mutualInformation)).toBeLessThan(0.1);
});

test.each(['mlp', 'spline'] as const)('%s: a short fit leaves what its report shows', async (policy) => {
  const config = bananaSchema.parse({ steps: 30, batchSize: 64, heldOut: 128, test: 256, samples: 8 });
  const job = { id: `banana/${policy}/seed-0`, study: 'banana', env: 'banana', policy, seed: 0, weight: 1 } as const;
  const rows: MetricsRow[] = [];
  const context = {
    rng: new Rng(0),
    directory: '',
    logs: '',
    settings: '',
    say: () => undefined,
    report: (_: number, row?: MetricsRow) => row && rows.push(row),
  };
  const result = await fitBanana(job, config, context as never);
  expect(rows).toHaveLength(30);
  expect(result.metrics.nll! - result.metrics.nllAboveFloor!).toBeCloseTo(BANANA.entropy, 0);
  expect(result.metrics.nllAboveFloor).toBeGreaterThan(0);
  const data = result.data as BananaData;
  expect(data.layers.map(({ name }) => name)).toEqual(
    policy === 'mlp'
      ? ['noise', 'affine', ...Array.from({ length: 5 }, () => ['PReLU', 'affine']).flat()]
      : ['noise', 'coupling', 'coupling', 'scale'],
  );
  for (const density of data.conditionals) {
    expect(density).toHaveLength(GRID.length);
    // What lies on the grid is no more than all.
    expect(density.reduce((sum, value) => sum + value * 0.2, 0)).toBeLessThan(1.01);
  }
  const outcome = { job: job as Job, result, rows, directory: '', fingerprint: '' };
  const parts = sections([outcome], []);
  expect(parts.map(({ title }) => title)).toEqual([
    'Likelihood',
    'Samples',
    `The noise on its way through ${policy}`,
    'Conditionals',
    'Scores',
  ]);
  expect(parts[3]!.figures).toHaveLength(GIVEN.length);
});
