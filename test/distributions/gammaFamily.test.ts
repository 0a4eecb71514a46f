/** Beta, gamma, Dirichlet and Student's t distributions of small and of large concentrations. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Beta, Dirichlet, type Distribution, Gamma, Rng, StudentT } from '../../src/index.ts';
import { derivative } from '../oracle/calculus.ts';
import { betaTails64, gammaTails64, type Tails64 } from '../oracle/incomplete.ts';
import { betaLogPdf, gammaLogPdf, studentTLogPdf } from '../oracle/scalarDensities.ts';
import { studentTails64 } from './cases.ts';

const scalar = (x: number) => tf.scalar(x);
const value = (x: tf.Tensor): number => x.dataSync()[0]!;
const numbers = (x: tf.Tensor): number[] => [...x.dataSync()];
const beta = (a: number, b: number) => new Beta({ concentration1: scalar(a), concentration0: scalar(b) });
const gamma = (a: number, logRate: number) => new Gamma({ concentration: scalar(a), logRate: scalar(logRate) });
const studentT = (df: number, loc: number, logScale: number) =>
  new StudentT({ df: scalar(df), loc: scalar(loc), logScale: scalar(logScale) });
const dirichlet = (concentration: number[]) => new Dirichlet({ concentration: tf.tensor1d(concentration) });
const [NONE, INFINITE] = [Number.NaN, Number.POSITIVE_INFINITY];

/** A distribution of one parameter: its tails at a point, and its log-density, in float64. */
interface Sized {
  readonly name: string;
  readonly make: (size: tf.Tensor) => Distribution;
  readonly tails: (x: number, size: number) => Tails64;
  readonly logPdf: (x: number, size: number) => number;
  readonly support: readonly [number, number];
  /** Draws that float32 has not rounded much. */
  readonly isInside: (x: number) => boolean;
  readonly drawn: number[];
  readonly bound: number;
}
const SMALL = [1e-3, 3e-3, 0.01, 0.02, 0.05, 0.3, 1];
const sized: Sized[] = [
  ...[0.03, 0.5, 1, 50].map((share): Sized => {
    // As float32 rounds it; halves and wholes are exact.
    const other = (a: number) => (share === 0.5 || share === 1 ? a * share : Math.fround(a * Math.fround(share)));
    return {
      name: `Beta(a, ${share} a)`,
      make: (a) => new Beta({ concentration1: a, concentration0: tf.mul(a, share) }),
      tails: (x, a) => betaTails64(a, other(a), Math.log(x) - Math.log1p(-x)),
      logPdf: (x, a) => betaLogPdf(x, a, other(a)),
      support: [0, 1],
      isInside: (x) => x > 1e-30 && x < 0.999,
      drawn: share === 0.5 || share === 1 ? [...SMALL, 20, 1e3, 1e4] : [],
      bound: 3e-4,
    };
  }),
  {
    name: 'Gamma(a, 0)',
    make: (concentration) => new Gamma({ concentration, logRate: scalar(0) }),
    tails: (x, a) => gammaTails64(a, Math.log(x)),
    logPdf: (x, a) => gammaLogPdf(x, a, 1),
    support: [0, INFINITE],
    isInside: (x) => x > 1e-30,
    drawn: [...SMALL, 20, 1e3, 1e5],
    bound: 3e-5,
  },
  {
    name: 'StudentT(2 a, 0, 0)',
    make: (a) => new StudentT({ df: tf.mul(a, 2), loc: scalar(0), logScale: scalar(0) }),
    tails: (z, a) => studentTails64(z, 2 * a),
    logPdf: (z, a) => studentTLogPdf(z, 2 * a, 0, 1),
    support: [-INFINITE, INFINITE],
    isInside: (z) => Math.abs(z) < 1e30,
    drawn: [0.005, 0.025, 0.15, 0.5, 1, 2.5, 15, 150],
    bound: 3e-4,
  },
];

describe.each(sized)('$name', ({ name, make, tails, logPdf, support, isInside, drawn, bound }) => {
  // Where a mean lies at 0.03 of the interval the other concentration is 1/30: no less than 10⁻³.
  const sizes = [1e-3, 0.02, 0.1, 0.7, 1, 5, 90, 3e3, 1e5]
    .filter((a) => a > 0.03 || !/0.03/.test(name))
    .map(Math.fround);

  test.skipIf(drawn.length === 0)('the gradient of a draw leaves the distribution function as it is', () => {
    for (const size of drawn.map(Math.fround)) {
      let seen = 0;
      for (let seed = 0; seed < 200 && seen < 3; seed++) {
        const draw = (each: tf.Tensor) => make(each).sample(new Rng(seed));
        const x = value(draw(scalar(size)));
        if (!isInside(x)) continue;
        seen++;
        const got = value(tf.grad(draw)(scalar(size)));
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
      expect(seen).toBeGreaterThan(0);
    }
  });

  const shares = [1e-37, 1e-20, 1e-9, 1e-4, 0.005, 0.05, 0.2, 0.4, 0.499].map(Math.fround);
  const points = sizes.flatMap((a) => shares.flatMap((share) => [true, false].map((isLeft) => ({ a, share, isLeft }))));
  const column = (of: (point: (typeof points)[number]) => number) => tf.tensor1d(points.map(of));
  const [a, small, large] = [
    column((point) => point.a),
    column(({ share }) => share),
    column(({ share }) => 1 - share),
  ];
  const isLeft = tf.cast(
    column((point) => Number(point.isLeft)),
    'bool',
  );
  const quantiles = (of: tf.Tensor, share: tf.Tensor) =>
    make(of).quantile(tf.where(isLeft, share, large), tf.where(isLeft, large, share));

  test('quantiles of both tails, as far as float32 shows them: what lies beyond, and the gradient 1/density', () => {
    const slopes = numbers(tf.grad((share: tf.Tensor) => quantiles(a, share))(small));
    let seen = 0;
    numbers(quantiles(a, small)).forEach((at, i) => {
      const { a, share, isLeft } = points[i]!;
      const isShown = Math.abs(at) > 1e-36 && Math.abs(at) < 1e36 && (!/Beta/.test(name) || at < 0.999);
      if (!isShown) return;
      seen++;
      const tail = (t: number) => (isLeft ? tails(t, a).below : tails(t, a).above);
      const h = 2e-4 * Math.abs(at) * (/StudentT/.test(name) ? 1 : Math.min(1, 1 / Math.sqrt(a)));
      const density = Math.abs(derivative((t) => tail(at + t), h));
      const where = `${a}, ${isLeft ? '' : '1 − '}${share}: ${at}`;
      const rounding = 2 ** -22 * Math.abs(at) * density;
      const allowed = (1e-5 - 2e-7 * Math.log(share) + 1e-12 * a * Math.log(a + 2)) * share;
      expect(Math.abs(tail(at) - share), where).toBeLessThan(allowed + rounding);
      const slope = slopes[i]! * density * (isLeft ? 1 : -1);
      // Larger ones are cut off.
      if (Math.abs(slopes[i]!) < 1e36) expect(Math.abs(slope - 1), where).toBeLessThan(2e-4 + (20 * rounding) / share);
    });
    expect(seen).toBeGreaterThan(points.length / 3);
  });

  test('the ends of the support at 0 and 1, NaN beyond; no gradient is NaN', () => {
    expect(numbers(make(scalar(0.4)).quantile(tf.tensor1d([0, 1, -0.1, 1.1, NONE])))).toEqual([
      ...support,
      NONE,
      NONE,
      NONE,
    ]);
    const ends = tf.grads((of: tf.Tensor, p: tf.Tensor) => make(of).quantile(p))([
      tf.fill([3], 0.4),
      tf.tensor1d([0, 0.5, 1]),
    ]);
    for (const gradient of [...ends, ...tf.grads(quantiles)([a, small])])
      expect(numbers(gradient).some(Number.isNaN)).toBe(false);
  });
});

test('log-densities at large concentrations keep their digits', () => {
  for (const a of [1e4, 1e5, 1e6]) {
    for (const z of [-3, -0.5, 0, 2]) {
      const x = Math.fround(a + z * Math.sqrt(a));
      const y = Math.fround(0.5 + (z * 0.5) / Math.sqrt(2 * a));
      const gaps = [
        value(gamma(a, 0).logProb(scalar(x))) - gammaLogPdf(x, a, 1),
        value(beta(a, a).logProb(scalar(y))) - betaLogPdf(y, a, a),
      ];
      for (const gap of gaps) expect(Math.abs(gap), `${a} ${z}`).toBeLessThan(1e-5 * (1 + z * z));
    }
  }
});

test('small concentrations: what lies above a point below the mean, relative to its own size', () => {
  const rows: [Distribution, x: number, Tails64][] = [
    [gamma(1e-3, 0), 9e-4, gammaTails64(Math.fround(1e-3), Math.log(Math.fround(9e-4)))],
    [gamma(1e-3, 0), 1e-20, gammaTails64(Math.fround(1e-3), Math.log(Math.fround(1e-20)))],
    [beta(1e-3, 1), 9e-4, betaTails64(Math.fround(1e-3), 1, Math.log(Math.fround(9e-4)) + 9e-4)],
    [beta(1e-3, 2e4), 1e-20, betaTails64(Math.fround(1e-3), 2e4, Math.log(Math.fround(1e-20)))],
  ];
  for (const [distribution, x, { above }] of rows)
    expect(Math.abs(value(distribution.survival(scalar(x))) / above - 1), `${x}`).toBeLessThan(3e-6);
});

test('entropies of small and large concentrations, against estimates of draws that float32 rounds to a bound', () => {
  const sizes = tf.tensor1d([1e-3, 0.02, 0.3, 50, 1e5]);
  const few = tf.tensor1d([0.1, 0.02]);
  const of: Distribution[] = [
    new Beta({ concentration1: few, concentration0: tf.mul(few, 2) }),
    new Gamma({ concentration: sizes, logRate: scalar(0.3) }),
    new Dirichlet({ concentration: tf.mul(tf.expandDims(sizes, 1), tf.tensor1d([1, 3, 0.5])) }),
    new StudentT({ df: sizes, loc: scalar(0.3), logScale: scalar(0.5) }),
  ];
  for (const distribution of of) {
    const [estimates, errors] = Object.values(distribution.entropyEstimate(new Rng(0), 3000)).map(numbers);
    numbers(distribution.entropy()).forEach((exact, i) => {
      expect(Math.abs(estimates![i]! - exact), `${i}`).toBeLessThan(4.5 * errors![i]!);
    });
    expect(numbers(distribution.sample(new Rng(1), [500])).every(Number.isFinite)).toBe(true);
  }
  const slopes = (make: (concentration: tf.Tensor) => Distribution) =>
    numbers(tf.grad((at: tf.Tensor) => tf.sum(make(at).sampleWithLogProb(new Rng(2), [20]).logProb))(sizes));
  for (const each of [
    slopes((concentration1) => new Beta({ concentration1, concentration0: scalar(0.05) })),
    slopes((concentration) => new Gamma({ concentration, logRate: scalar(0) })),
    slopes((df) => new StudentT({ df, loc: scalar(0), logScale: scalar(0) })),
  ])
    expect(each.every(Number.isFinite)).toBe(true);
});

test('Student’s t: no mean of df ≤ 1, no variance of df ≤ 2', () => {
  const moments = (df: number) => [studentT(df, 0, 0).mean(), studentT(df, 0, 0).variance()].map(value);
  expect([moments(0.4), moments(1), moments(2)]).toEqual([
    [NONE, NONE],
    [NONE, NONE],
    [0, INFINITE],
  ]);
});

test('Student’s t density where z, or z/√ν, is larger than float32 goes; with gradients', () => {
  for (const [df, logScale, x] of [
    [0.1, 0, -1.65e38],
    [0.1, -4, 3.3e38],
    [3, -60, 1e20],
    [3, 0, 1e25],
  ] as const) {
    const [nu, at] = [Math.fround(df), Math.fround(x)];
    // log p = c − ν log(x/scale) + ½ (ν + 1) log ν − logScale far out; c by the point z = 1 of this ν.
    const one = value(studentT(df, 0, 0).logProb(scalar(1))) + ((nu + 1) / 2) * Math.log1p(1 / nu);
    const spread = 2 * (Math.log(Math.abs(at)) - logScale) - Math.log(nu);
    const wanted = one - logScale - ((nu + 1) / 2) * spread;
    const of = (v: tf.Tensor, s: tf.Tensor, y: tf.Tensor) =>
      new StudentT({ df: v, loc: scalar(0), logScale: s }).logProb(y);
    const inputs = [scalar(df), scalar(logScale), scalar(x)] as [tf.Tensor, tf.Tensor, tf.Tensor];
    expect(Math.abs(value(of(...inputs)) / wanted - 1)).toBeLessThan(2e-6);
    const [, byScale, byX] = tf.grads(of)(inputs).map(value);
    expect(byScale! / nu).toBeCloseTo(1, 5);
    expect((byX! * at) / -(nu + 1)).toBeCloseTo(1, 5);
  }
});

test('modes: at a bound where a concentration is below 1, NaN where none is above', () => {
  expect(value(beta(3, 2).mode())).toBeCloseTo(2 / 3, 6);
  expect([beta(3, 0.5), beta(1, 2), beta(1, 0.5), gamma(0.5, 0)].map((each) => value(each.mode()))).toEqual([
    1,
    0,
    NONE,
    0,
  ]);
  numbers(dirichlet([2, 3, 6]).mode()).forEach((each, i) => expect(each).toBeCloseTo([0.125, 0.25, 0.625][i]!, 6));
  expect(numbers(dirichlet([0.5, 2, 4]).mode())).toEqual([0, 0.25, 0.75]);
  expect(numbers(dirichlet([0.5, 1]).mode())).toEqual([NONE, NONE]);
});

describe('Dirichlet', () => {
  test('of two components it is a beta distribution', () => {
    const x = new Rng(0).uniformTensor([30]);
    const pairs = tf.stack([x, tf.sub(1, x)], -1);
    const gap = tf.sub(dirichlet([2.5, 0.7]).logProb(pairs), beta(2.5, 0.7).logProb(x));
    expect(value(tf.max(tf.abs(gap)))).toBeLessThan(2e-5);
    expect(value(dirichlet([2.5, 0.7]).entropy())).toBeCloseTo(value(beta(2.5, 0.7).entropy()), 5);
  });

  test('off the simplex the density is 0, with gradient 0; on its faces it is finite', () => {
    const distribution = dirichlet([0.5, 1, 3]);
    const at = (x: number[]) => {
      const slopes = numbers(tf.grad((y: tf.Tensor) => distribution.logProb(y))(tf.tensor1d(x)));
      return { logProb: value(distribution.logProb(tf.tensor1d(x))), slopes };
    };
    for (const x of [
      [-0.1, 0.6, 0.5],
      [0.2, 0.2, 0.2],
      [1, 1, 1],
    ].map(at)) {
      expect([x.logProb, ...x.slopes.map(Math.abs)]).toEqual([-INFINITE, 0, 0, 0]);
    }
    for (const x of [
      [0, 0.5, 0.5],
      [1, 0, 0],
      [1e-38, 1e-20, 1],
    ].map(at)) {
      expect(Number.isFinite(x.logProb)).toBe(true);
      expect(x.slopes.some(Number.isNaN)).toBe(false);
    }
  });

  test('draws lie on the simplex, and carry the gradient of expectations', () => {
    const concentration = tf.tensor2d([1, 2, 3, 0.4, 0.7, 9, 40, 25, 3, 900, 1500, 200], [4, 3]);
    const weights = tf.tensor1d([1, -2, 0.5]);
    const through = (of: (a: tf.Tensor) => tf.Tensor) =>
      numbers(tf.grad((a: tf.Tensor) => tf.sum(tf.mul(of(a), weights)))(concentration));
    const draws = (a: tf.Tensor) => new Dirichlet({ concentration: a }).sample(new Rng(5), [1000]);
    expect(value(tf.max(tf.abs(tf.sub(tf.sum(draws(concentration), -1), 1))))).toBeLessThan(1e-6);
    const estimate = through((a) => tf.mean(draws(a), 0));
    through((a) => new Dirichlet({ concentration: a }).mean()).forEach((slope, i) => {
      const size = Math.abs(slope) + 0.1 / numbers(concentration)[i]!;
      expect(Math.abs(estimate[i]! - slope), `${i}`).toBeLessThan(0.15 * size);
    });
  });
});
