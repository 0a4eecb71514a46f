import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  Beta,
  ConditionalByQuadrature,
  type Distribution,
  expectationEstimate,
  Independent,
  MarginalByQuadrature,
  MixtureSameFamily,
  MultivariateNormalDiag,
  MultivariateNormalTriL,
  momentsEstimate,
  mutualInformationEstimate,
  negentropyEstimate,
  neuralSplineFlow,
  Rng,
  StandardNormal,
  Uniform,
  Wrapped,
} from '../../src/index.ts';
import { covarianceOf, negentropyOfTwoModes, normalLogPdf } from '../oracle/densities.ts';

const LOC = [1, -2];
const LOG_DIAGONAL = [0.3, -0.2];
const BELOW = 0.9;
const joint = new MultivariateNormalTriL({
  loc: tf.tensor1d(LOC),
  logDiagonal: tf.tensor1d(LOG_DIAGONAL),
  offDiagonal: tf.tensor1d([BELOW]),
});
const COVARIANCE = covarianceOf(LOG_DIAGONAL, [BELOW]);
const std = (i: 0 | 1) => Math.sqrt(COVARIANCE[i]![i]!);
const around = (i: 0 | 1): [number, number] => [LOC[i]! - 9 * std(i), LOC[i]! + 9 * std(i)];
const values = (x: tf.Tensor): number[] => [...x.dataSync()];

/** Mean and standard deviation of component i given the other. */
function conditional(i: 0 | 1, other: number): [number, number] {
  const j = (1 - i) as 0 | 1;
  const slope = COVARIANCE[i]![j]! / COVARIANCE[j]![j]!;
  return [LOC[i]! + slope * (other - LOC[j]!), Math.sqrt(COVARIANCE[i]![i]! - slope * COVARIANCE[i]![j]!)];
}

describe.each([0, 1] as const)('of component %s of a correlated normal', (i) => {
  const given = tf.tensor2d([[-1], [0.5], [3]]);
  const distribution = new ConditionalByQuadrature({ joint, of: i, given, range: around(i) });
  const wanted = values(given).map((other) => conditional(i, other));

  test('the conditional’s density, moments, entropy and normalizer', () => {
    expect([distribution.batchShape, distribution.eventShape]).toEqual([[3], [1]]);
    const x = [-2, 0, 1.3];
    const got = distribution.logProb(tf.reshape(tf.tensor1d(x), [3, 1, 1])).arraySync() as number[][];
    x.forEach((value, k) => {
      wanted.forEach(([mean, scale], row) => expect(got[k]![row]).toBeCloseTo(normalLogPdf(value, mean, scale), 4));
    });
    wanted.forEach(([mean, scale], row) => {
      expect(values(distribution.mean())[row]).toBeCloseTo(mean, 4);
      expect(values(distribution.variance())[row]! / scale ** 2).toBeCloseTo(1, 4);
      expect(values(distribution.entropy())[row]).toBeCloseTo(0.5 * Math.log(2 * Math.PI * Math.E * scale ** 2), 4);
      const other = normalLogPdf(values(given)[row]!, LOC[1 - i]!, std((1 - i) as 0 | 1));
      expect(values(distribution.logNormalizer())[row]).toBeCloseTo(other, 4);
    });
    expect(Math.max(...values(distribution.normalizerError()))).toBeLessThan(1e-5);
  });

  test('its draws', () => {
    const draws = distribution.sample(new Rng(0), [400]);
    expect(draws.shape).toEqual([400, 3, 1]);
    const { mean, variance } = tf.moments(draws, 0);
    wanted.forEach(([loc, scale], row) => {
      expect(Math.abs(values(mean)[row]! - loc)).toBeLessThan((4.5 * scale) / 20);
      expect(Math.abs(values(variance)[row]! / scale ** 2 - 1)).toBeLessThan(0.3);
    });
  });

  test('the marginal', () => {
    const out = (1 - i) as 0 | 1;
    const marginal = new MarginalByQuadrature({ joint, out, range: around(out) });
    const x = [-3, 0, 2];
    values(marginal.logProb(tf.tensor2d(x, [3, 1]))).forEach((value, k) =>
      expect(value).toBeCloseTo(normalLogPdf(x[k]!, LOC[i]!, std(i)), 4),
    );
    const { sample, logProb } = marginal.sampleWithLogProb(new Rng(0), [4, 2]);
    expect([sample.shape, logProb.shape]).toEqual([
      [4, 2, 1],
      [4, 2],
    ]);
  });
});

test('of angles: marginals and conditionals are angles too, with a mean and a variance on the circle', () => {
  const angles = new Wrapped(
    new MultivariateNormalDiag({ loc: tf.tensor1d([3.1, -3.1]), logScale: tf.tensor1d([-1, 0]) }),
  );
  const range = [-Math.PI, Math.PI] as const;
  const marginal = new MarginalByQuadrature({ joint: angles, out: 1, range });
  const conditional = new ConditionalByQuadrature({ joint: angles, of: 0, given: tf.tensor1d([1]), range });
  expect([marginal.angles, conditional.angles]).toEqual([true, true]);
  expect(values(conditional.mean())[0]).toBeCloseTo(3.1, 5);
  expect(values(conditional.variance())[0]).toBeCloseTo(-Math.expm1(-0.5 * Math.exp(-2)), 5);
  expect(() => momentsEstimate(marginal, { rng: new Rng(0) })).toThrow('got angles, expected numbers on a line');
});

test('a batch of marginals meets one point, also where it is as large as the number of nodes', () => {
  const locs = [-1, 0.5, 2];
  const several = new MultivariateNormalTriL({
    loc: tf.tensor2d(locs.map((loc) => [loc, 0])),
    logDiagonal: tf.zeros([3, 2]),
    offDiagonal: tf.zeros([3, 1]),
  });
  const logProb = (points: number) =>
    new MarginalByQuadrature({ joint: several, out: 1, range: [-9, 9], points }).logProb(tf.tensor1d([0.3]));
  expect(logProb(64).shape).toEqual([3]);
  const [fine, coarse] = [values(logProb(64)), values(logProb(3))];
  locs.forEach((loc, i) => expect(fine[i]).toBeCloseTo(normalLogPdf(0.3, loc, 1), 4));
  // Of independent components the integral, right or wrong, is the same for all.
  locs.forEach((_, i) => expect(coarse[i]! - coarse[0]!).toBeCloseTo(fine[i]! - fine[0]!, 4));
});

test('the gradient of a conditional log-density reaches the given values', () => {
  const at = (given: tf.Tensor) =>
    new ConditionalByQuadrature({ joint, of: 1, given, range: around(1) }).logProb(tf.tensor1d([0.4]));
  const step = 1e-3;
  const plain = (other: number) => normalLogPdf(0.4, ...conditional(1, other));
  const wanted = (plain(0.5 + step) - plain(0.5 - step)) / (2 * step);
  expect(values(tf.grad(at)(tf.tensor1d([0.5])))[0]).toBeCloseTo(wanted, 3);
});

test('a flow with a batch of contexts, three components', () => {
  const flow = neuralSplineFlow({ dim: 3, contextDim: 2, hidden: [8], layers: 2, rng: new Rng(0) });
  const many = flow.given(
    tf.tensor2d([
      [0, 1],
      [1, 0],
    ]),
  );
  const given = tf.tensor2d([
    [0.1, -0.3],
    [0.5, 0.2],
  ]);
  const distribution = new ConditionalByQuadrature({ joint: many, of: 1, given, range: [-8, 8] });
  // At its start the flow is a standard normal.
  for (const value of values(distribution.mean())) expect(value).toBeCloseTo(0, 4);
  for (const value of values(distribution.variance())) expect(value).toBeCloseTo(1, 3);
  expect(new MarginalByQuadrature({ joint: many, out: 2, range: [-8, 8] }).logProb(given).shape).toEqual([2]);
});

test('mutual information: −½ log(1 − ρ²), and 0 for independent components', () => {
  const options = { rng: new Rng(0), samples: 600, ranges: [around(0), around(1)] as const, points: 96 };
  const { value, standardError } = mutualInformationEstimate(joint, options);
  const rho = COVARIANCE[0]![1]! / (std(0) * std(1));
  const wanted = -0.5 * Math.log(1 - rho ** 2);
  expect(values(standardError)[0]).toBeLessThan(0.05);
  expect(Math.abs(values(value)[0]! - wanted)).toBeLessThan(4.5 * values(standardError)[0]!);
  const none = mutualInformationEstimate(new StandardNormal(2), {
    ...options,
    ranges: [
      [-8, 8],
      [-8, 8],
    ],
    samples: 100,
  });
  expect(Math.abs(values(none.value)[0]!)).toBeLessThan(1e-4);
});

test('moments and expectations, each with its standard error', () => {
  const { mean, variance, covariance } = momentsEstimate(joint, { rng: new Rng(1), samples: 8000 });
  expect(covariance.value.shape).toEqual([2, 2]);
  for (const i of [0, 1] as const) {
    const near = (estimate: { value: tf.Tensor; standardError: tf.Tensor }, at: number, wanted: number) => {
      const error = values(estimate.standardError)[at]!;
      expect(Math.abs(values(estimate.value)[at]! - wanted)).toBeLessThan(4.5 * error);
      return error;
    };
    expect(near(mean, i, LOC[i]!) / (std(i) / Math.sqrt(8000))).toBeCloseTo(1, 1);
    // Of a normal variance: σ² √(2/n).
    expect(near(variance, i, std(i) ** 2) / (std(i) ** 2 * Math.sqrt(2 / 8000))).toBeCloseTo(1, 1);
    for (const j of [0, 1]) near(covariance, 2 * i + j, COVARIANCE[i]![j]!);
  }
  const first = (draws: tf.Tensor) => tf.cast(tf.greater(tf.slice(draws, [0, 0], [-1, 1]), LOC[0]!), 'float32');
  const { value, standardError } = expectationEstimate(joint, first, { rng: new Rng(2), samples: 4000 });
  expect(Math.abs(values(value)[0]! - 0.5)).toBeLessThan(4.5 * values(standardError)[0]!);
});

describe('negentropy', () => {
  const estimate = (p: Distribution, seed: number, samples?: number) => {
    const { value, standardError } = negentropyEstimate(p, { rng: new Rng(seed), samples });
    expect(standardError.shape).toEqual(value.shape);
    return values(value).map((each, i) => [each, values(standardError)[i]!] as const);
  };

  test('is 0 of a Gaussian, in the mean from few samples too', () => {
    expect(Math.abs(estimate(joint, 0)[0]![0])).toBeLessThan(0.003);
    const few = Array.from({ length: 200 }, (_, seed) => estimate(joint, seed, 12)[0]![0]);
    const mean = few.reduce((sum, each) => sum + each, 0) / 200;
    const error = Math.sqrt(few.reduce((sum, each) => sum + (each - mean) ** 2, 0) / 199 / 200);
    expect(Math.abs(mean)).toBeLessThan(4 * error);
    // Without its correction it would be −0.19 nats.
    expect(error).toBeLessThan(0.03);
  });

  test('of a box and of two modes, each of a batch, as integrals give it', () => {
    const [box] = estimate(new Uniform({ dim: 2, low: -3, high: 5 }), 1);
    expect(Math.abs(box![0] - Math.log((2 * Math.PI * Math.E) / 12))).toBeLessThan(4.5 * box![1]);
    const modes = new MixtureSameFamily({
      logits: tf.zeros([2, 2]),
      components: new MultivariateNormalDiag({
        loc: tf.tensor3d([
          [[1], [-1]],
          [[4], [-4]],
        ]),
        logScale: tf.zeros([2, 2, 1]),
      }),
    });
    const [near, far] = estimate(modes, 2);
    expect(Math.abs(near![0] - negentropyOfTwoModes(1))).toBeLessThan(4.5 * near![1]);
    expect(Math.abs(far![0] - negentropyOfTwoModes(4))).toBeLessThan(4.5 * far![1]);
    expect(far![1]).toBeLessThan(0.02);
  });

  test('is of vectors on a line, and of more samples than a covariance needs', () => {
    const few = () => negentropyEstimate(joint, { rng: new Rng(0), samples: 3 });
    expect(few).toThrow('negentropyEstimate: samples: got 3, expected more than 3');
  });
});

describe('values of density 0', () => {
  const square = new Uniform({ dim: 2, low: -1, high: 1 });
  const range: [number, number] = [-2, 2];

  test('are no values to condition on', () => {
    const at = (given: number[][], joint: Distribution = square) =>
      new ConditionalByQuadrature({ joint, of: 1, given: tf.tensor2d(given), range });
    expect(values(at([[0.5], [-0.25]]).mean())).toEqual([expect.closeTo(0, 5), expect.closeTo(0, 5)]);
    expect(() => at([[0.5], [3]])).toThrow(/^ConditionalByQuadrature: given: got \[3\]/);
    expect(() => at([[Number.NaN]], joint)).toThrow(/given: got \[NaN\]/);
    const far = () => new ConditionalByQuadrature({ joint: square, of: 1, given: tf.zeros([1]), range: [4, 5] });
    expect(far).toThrow(/given: got \[0\]/);
  });

  test('an error of the normalizer is infinite where half of the points miss all', () => {
    const thin = new Uniform({ dim: 2, low: 0.4, high: 0.6 });
    const coarse = new ConditionalByQuadrature({ joint: thin, of: 1, given: tf.tensor1d([0.5]), range, points: 4 });
    expect(values(coarse.normalizerError())).toEqual([Number.POSITIVE_INFINITY]);
  });

  test('have the marginal log-density −∞, with gradient 0', () => {
    const two = tf.tensor1d([2, 2]);
    const betas = new Independent(new Beta({ concentration1: two, concentration0: two }), 1);
    const marginal = new MarginalByQuadrature({ joint: betas, out: 1, range });
    const logProb = (x: tf.Tensor) => marginal.logProb(x);
    const x = tf.tensor2d([[3], [0.3]]);
    expect(values(logProb(x))).toEqual([Number.NEGATIVE_INFINITY, expect.closeTo(Math.log(6 * 0.3 * 0.7), 4)]);
    expect(values(tf.grad(logProb)(x))).toEqual([0, expect.closeTo(1 / 0.3 - 1 / 0.7, 4)]);
  });
});
