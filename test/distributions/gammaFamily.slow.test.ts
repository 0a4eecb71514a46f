import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Beta, Dirichlet, type Distribution, Gamma, Rng, StudentT } from '../../src/index.ts';
import { derivative } from '../oracle/calculus.ts';
import { betaTails64, gammaTails64, type Tails64 } from '../oracle/incomplete.ts';
import { betaLogPdf, gammaLogPdf, studentTLogPdf } from '../oracle/scalarDensities.ts';

const scalar = (x: number) => tf.scalar(x);
const value = (x: tf.Tensor): number => x.dataSync()[0]!;
const numbers = (x: tf.Tensor): number[] => [...x.dataSync()];

/** A distribution of one parameter: how it is drawn, its tails at a point, and its log-density, in float64. */
interface Drawn {
  readonly name: string;
  readonly sizes: number[];
  readonly make: (size: tf.Tensor) => Distribution;
  readonly tails: (x: number, size: number) => Tails64;
  readonly logPdf: (x: number, size: number) => number;
  /** Draws that float32 has not rounded much. */
  readonly isInside: (x: number) => boolean;
  readonly bound: number;
}

const SMALL = [1e-3, 3e-3, 0.01, 0.02, 0.05, 0.3, 1];
const betaLogit = (x: number) => Math.log(x) - Math.log1p(-x);
const byHalves = (z: number, df: number): Tails64 => {
  const beyond = betaTails64(df / 2, 0.5, Math.log(df) - 2 * Math.log(Math.abs(z))).below / 2;
  return z < 0 ? { below: beyond, above: 1 - beyond } : { below: 1 - beyond, above: beyond };
};
const drawn: Drawn[] = [
  ...[0.5, 1, 3].map(
    (share): Drawn => ({
      name: `Beta(a, ${share} a)`,
      sizes: [...SMALL, 20, 1e3, 1e4],
      make: (a) => new Beta({ concentration1: a, concentration0: tf.mul(a, share) }),
      tails: (x, a) => betaTails64(a, a * share, betaLogit(x)),
      logPdf: (x, a) => betaLogPdf(x, a, a * share),
      isInside: (x) => x > 1e-30 && x < 0.999,
      bound: 3e-4,
    }),
  ),
  {
    name: 'Beta(a, 2)',
    sizes: [...SMALL, 20, 1e3],
    make: (a) => new Beta({ concentration1: a, concentration0: scalar(2) }),
    tails: (x, a) => betaTails64(a, 2, betaLogit(x)),
    logPdf: (x, a) => betaLogPdf(x, a, 2),
    isInside: (x) => x > 1e-30 && x < 0.999,
    bound: 3e-4,
  },
  {
    name: 'Gamma(a, 0)',
    sizes: [...SMALL, 20, 1e3, 1e5],
    make: (concentration) => new Gamma({ concentration, logRate: scalar(0) }),
    tails: (x, a) => gammaTails64(a, Math.log(x)),
    logPdf: (x, a) => gammaLogPdf(x, a, 1),
    isInside: (x) => x > 1e-30,
    bound: 3e-5,
  },
  {
    name: 'StudentT(df, 0, 0)',
    sizes: [0.01, 0.05, 0.3, 1, 2, 5, 30, 300],
    make: (df) => new StudentT({ df, loc: scalar(0), logScale: scalar(0) }),
    tails: byHalves,
    logPdf: (z, df) => studentTLogPdf(z, df, 0, 1),
    isInside: (z) => Math.abs(z) < 1e30,
    bound: 3e-4,
  },
];

describe.each(drawn)('draws of $name', ({ sizes, make, tails, logPdf, isInside, bound }) => {
  test('their gradient is the one that leaves the distribution function as it is, from small to large', () => {
    for (const size of sizes.map(Math.fround)) {
      const points: { rng: () => Rng; x: number }[] = [];
      for (let seed = 0; seed < 200 && points.length < 3; seed++) {
        const rng = () => new Rng(seed);
        const x = value(make(scalar(size)).sample(rng()));
        if (isInside(x)) points.push({ rng, x });
      }
      expect(points.length).toBeGreaterThan(0);
      for (const { rng, x } of points) {
        const got = value(tf.grad((each: tf.Tensor) => make(each).sample(rng()))(scalar(size)));
        const isLeft = tails(x, size).below < 0.5;
        const share = (at: number) => (isLeft ? tails(x, at).below : -tails(x, at).above);
        const h = 0.01 * Math.min(size, Math.sqrt(size));
        const wanted = -derivative((t) => share(size + t), h) / Math.exp(logPdf(x, size));
        // Of a draw of large concentrations float32 holds few digits from the mean on; gradients change by as much.
        const rounding = 2e-7 * Math.abs(x / size) + 1e-7 * size ** 0.5 * Math.abs(wanted);
        expect(Math.abs(got - wanted), `${size} at ${x}: ${got}, wanted ${wanted}`).toBeLessThan(
          bound * Math.abs(wanted) + rounding,
        );
      }
    }
  });

  test('cdf and survival, and their slope, which is the density', () => {
    for (const size of sizes.map(Math.fround)) {
      const distribution = make(scalar(size));
      const draws = numbers(distribution.sample(new Rng(1), [100]))
        .filter(isInside)
        .slice(0, 12);
      const x = tf.tensor1d(draws);
      const [cdf, survival] = [numbers(distribution.cdf(x)), numbers(distribution.survival(x))];
      const slopes = numbers(tf.grad((at: tf.Tensor) => distribution.cdf(at))(x));
      const falls = numbers(tf.grad((at: tf.Tensor) => distribution.survival(at))(x));
      draws.forEach((at, i) => {
        const { below, above } = tails(at, size);
        const smaller = Math.min(below, above);
        // The largest sizes lose some digits of x/mean − 1.
        const digits = 2e-6 * (1 + Math.sqrt(size) / 30);
        const gap = Math.abs((below < above ? cdf : survival)[i]! - smaller);
        expect(gap, `${size} at ${at}`).toBeLessThan(5 * digits * smaller + 5e-7);
        expect(Math.abs(cdf[i]! - below)).toBeLessThan(digits);
        expect(Math.abs(survival[i]! - above)).toBeLessThan(digits);
        const density = Math.exp(logPdf(at, size));
        expect(Math.abs(slopes[i]! / density - 1)).toBeLessThan(10 * digits);
        expect(Math.abs(falls[i]! / density + 1)).toBeLessThan(10 * digits);
      });
    }
  });
});

test('entropies of small and large concentrations, against estimates of draws that float32 rounds to a bound', () => {
  const sizes = tf.tensor1d([1e-3, 0.02, 0.3, 50, 1e5]);
  const of: Distribution[] = [
    new Gamma({ concentration: sizes, logRate: scalar(0.3) }),
    new Dirichlet({ concentration: tf.mul(tf.expandDims(sizes, 1), tf.tensor1d([1, 3, 0.5])) }),
    new StudentT({ df: sizes, loc: scalar(0.3), logScale: scalar(0.5) }),
  ];
  for (const distribution of of) {
    const estimate = distribution.entropyEstimate(new Rng(0), 3000);
    numbers(distribution.entropy()).forEach((exact, i) => {
      expect(Math.abs(numbers(estimate.value)[i]! - exact), `${i}`).toBeLessThan(
        4.5 * numbers(estimate.standardError)[i]!,
      );
    });
    expect(numbers(distribution.sample(new Rng(1), [500])).every(Number.isFinite)).toBe(true);
    const slopes = tf.grad((scale: tf.Tensor) => {
      const scaled = tf.mul(sizes, scale);
      const same =
        distribution instanceof StudentT
          ? new StudentT({ df: scaled, loc: scalar(0), logScale: scalar(0) })
          : new Gamma({ concentration: scaled, logRate: scalar(0) });
      return tf.sum(same.sampleWithLogProb(new Rng(2), [20]).logProb);
    })(scalar(1));
    expect(Number.isFinite(value(slopes))).toBe(true);
  }
});

const concentrations = [
  [1, 2, 3],
  [0.4, 0.7, 9],
  [40, 25, 3],
  [900, 1500, 200],
];

test('draws of Dirichlet distributions have their mean and variance, lie on the simplex, and carry the gradient of expectations', () => {
  const concentration = tf.tensor2d(concentrations);
  const distribution = new Dirichlet({ concentration });
  const draws = distribution.sample(new Rng(4), [20_000]);
  expect(draws.shape).toEqual([20_000, 4, 3]);
  expect(value(tf.max(tf.abs(tf.sub(tf.sum(draws, -1), 1))))).toBeLessThan(1e-6);
  const { mean, variance } = tf.moments(draws, 0);
  const deviation = tf.sqrt(distribution.variance());
  expect(value(tf.max(tf.abs(tf.div(tf.sub(mean, distribution.mean()), deviation))))).toBeLessThan(0.035);
  expect(value(tf.max(tf.abs(tf.sub(tf.div(variance, distribution.variance()), 1))))).toBeLessThan(0.08);
  const weights = tf.tensor1d([1, -2, 0.5]);
  const through = (of: (a: tf.Tensor) => tf.Tensor) =>
    numbers(tf.grad((a: tf.Tensor) => tf.sum(tf.mul(of(a), weights)))(concentration));
  const exact = through((a) => new Dirichlet({ concentration: a }).mean());
  const estimate = through((a) => tf.mean(new Dirichlet({ concentration: a }).sample(new Rng(5), [1000]), 0));
  exact.forEach((slope, i) => {
    const size = Math.abs(slope) + 0.1 / concentrations.flat()[i]!;
    expect(Math.abs(estimate[i]! - slope), `${i}`).toBeLessThan(0.15 * size);
  });
});
