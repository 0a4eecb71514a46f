import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Box } from '../../envs/index.ts';
import {
  MixtureSameFamily,
  MultivariateNormalDiag,
  makePolicy,
  Rng,
  StandardNormal,
  valueAndGradients,
  Wrapped,
  WrappedNormal,
} from '../../src/index.ts';

/** Σₖ N(x + 2πk; μ, σ²) in float64, enough of them for every σ here. */
function reference(x: number, loc: number, scale: number): number {
  let sum = 0;
  for (let k = -60; k <= 60; k++) sum += Math.exp(-0.5 * ((x - loc + 2 * Math.PI * k) / scale) ** 2);
  return sum / (scale * Math.sqrt(2 * Math.PI));
}

const normal = (loc: number, scale: number) =>
  new MultivariateNormalDiag({ loc: tf.tensor1d([loc]), logScale: tf.tensor1d([Math.log(scale)]) });
const xs = Array.from({ length: 41 }, (_, i) => -3.14 + i * 0.157);

describe.each([
  [0.3, 0.1],
  [3, 0.7],
  [-9, 1.6],
  [1, 2.49],
  [1, 2.51],
  [20, 4],
  [0, 30],
])('wound N(%d, %d²)', (loc, scale) => {
  test('density is the sum over whole turns', () => {
    const values = new WrappedNormal(normal(loc, scale)).logProb(tf.tensor2d(xs, [xs.length, 1])).dataSync();
    xs.forEach((x, i) => {
      const expected = Math.log(reference(x, loc, scale));
      expect(Math.abs(values[i]! - expected)).toBeLessThan(2e-5 * (1 + Math.abs(expected)));
    });
  });

  test('gradients of the density are those of differences', () => {
    const [mean, logScale] = [tf.variable(tf.tensor1d([loc])), tf.variable(tf.tensor1d([Math.log(scale)]))];
    const x = tf.tensor1d([0.8]);
    const { gradients } = valueAndGradients(
      () => ({ loss: new WrappedNormal(new MultivariateNormalDiag({ loc: mean, logScale })).logProb(x) as tf.Scalar }),
      [mean, logScale],
    );
    const at = (l: number, s: number) => Math.log(reference(0.8, l, s));
    const h = 1e-5;
    const expected = [
      (at(loc + h, scale) - at(loc - h, scale)) / (2 * h),
      (at(loc, scale * Math.exp(h)) - at(loc, scale * Math.exp(-h))) / (2 * h),
    ];
    gradients.forEach((gradient, i) => {
      expect(Math.abs(gradient.dataSync()[0]! - expected[i]!)).toBeLessThan(1e-4 * (1 + Math.abs(expected[i]!)));
    });
  });
});

test('a draw is that of the line, wound; a wound mixture has the density of wound components', () => {
  const components = new MultivariateNormalDiag({ loc: tf.tensor2d([[3], [-2]]), logScale: tf.tensor2d([[0], [-1]]) });
  const mixture = new MixtureSameFamily({ logits: tf.tensor1d([0.5, -0.5]), components, reparameterize: true });
  const wound = new Wrapped(mixture);
  expect(wound.reparameterized).toBe(true);
  const [line, angles] = [mixture, wound].map((each) => each.sample(new Rng(3), [500]).dataSync());
  angles!.forEach((angle, i) => {
    expect(angle).toBeGreaterThanOrEqual(-Math.PI);
    expect(angle).toBeLessThan(Math.PI);
    const turns = (line![i]! - angle) / (2 * Math.PI);
    expect(Math.abs(turns - Math.round(turns))).toBeLessThan(1e-6);
  });
  const weight = 1 / (1 + Math.exp(-1));
  const value = wound.logProb(tf.tensor1d([-3.1])).dataSync()[0]!;
  const expected = Math.log(weight * reference(-3.1, 3, 1) + (1 - weight) * reference(-3.1, -2, Math.exp(-1)));
  expect(value).toBeCloseTo(expected, 5);
  expect(() => new Wrapped(new StandardNormal(1))).toThrow(
    'Wrapped: wanted a MultivariateNormalDiag or a mixture of them',
  );
});

const space = { observationSpace: new Box({ low: -2, high: 2, shape: [2] }), rng: new Rng(0), hidden: [8] };

test.each([
  ['gaussian', { scale: 'state', initialScale: 2 }],
  ['mixture', { head: false, reparameterize: true, initialScale: 2 }],
])("%s with squash: 'wrap' is a policy over angles: its density is one on the circle", (name, options) => {
  const angles = new Box({ low: -Math.PI, high: Math.PI, shape: [1] });
  const policy = makePolicy<string>(name, { ...space, actionSpace: angles, squash: 'wrap', ...options });
  const cells = 400;
  const actions = Float32Array.from({ length: cells }, (_, i) => -Math.PI + ((i + 0.5) * 2 * Math.PI) / cells);
  const distribution = policy.given(tf.ones([cells, 2]));
  expect([distribution.angles, distribution.reparameterized]).toEqual([true, true]);
  const logProbs = Array.from(distribution.logProb(tf.tensor2d(actions, [cells, 1])).dataSync());
  const total = logProbs.reduce((sum, logProb) => sum + (Math.exp(logProb) * 2 * Math.PI) / cells, 0);
  expect(total).toBeCloseTo(1, 5);
  const line = new Box({ low: -1, high: 1, shape: [1] });
  expect(() => makePolicy<string>(name, { ...space, actionSpace: line, squash: 'wrap' })).toThrow(
    'angles from -π to π',
  );
});
