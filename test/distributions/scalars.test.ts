import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Cauchy, Exponential, Gumbel, Kumaraswamy, Logistic, Normal, Rng, TruncatedNormal } from '../../src/index.ts';
import { integrate } from '../oracle/scalarDensities.ts';
import { truncatedNormalLogPdf } from '../oracle/tails.ts';
import { CASES, type Parameters } from './cases.ts';
import { expectCompiledAsEager } from './compiledAsEager.ts';

const numbers = (x: tf.Tensor): number[] => [...x.dataSync()];

describe.each(CASES)('$name', ({ name, make, logPdf, support, ...each }) => {
  const isCircular = name === 'VonMises';
  /** Whether float32 has fewer numbers near one end of the support than near the other. */
  const isUnitInterval = support[0] === 0 && support[1] === 1;
  const names = Object.keys(each.parameters);
  const count = each.parameters[names[0]!]!.length;
  const tensors = (): Parameters => Object.fromEntries(names.map((key) => [key, tf.tensor1d(each.parameters[key]!)]));
  const named = (rest: tf.Tensor[]) => Object.fromEntries(names.map((key, k) => [key, rest[k]!]));
  const logProb = (x: tf.Tensor, ...rest: tf.Tensor[]) => make(named(rest)).logProb(x);
  /** float32's roundings of the parameters of one distribution of the batch. */
  const row = (i: number): number[] => names.map((key) => Math.fround(each.parameters[key]![i]!));
  const rows = Array.from({ length: count }, (_, i) => row(i));
  const scaleOf = (own: number[]): number => each.about?.(...own)[1] ?? 1;
  const moment = (own: number[], f: (x: number) => number): number => {
    const [center, scale] = each.about?.(...own) ?? [0, 1];
    return integrate((x) => f(x) * Math.exp(logPdf(x, ...own)), ...support, { center, scale, panels: 6000 });
  };
  /** How much lies on the side of x where less lies: below, or above with a minus; of angles between the location and x. */
  const share = (x: number, isLeft: boolean, ...own: number[]): number => {
    if (isCircular) {
      const between = integrate((at) => Math.exp(logPdf(at, ...own)), Math.min(x, own[0]!), Math.max(x, own[0]!));
      return x < own[0]! ? -between : between;
    }
    const { below, above } = each.tails!(x, ...own);
    return isLeft ? below : -above;
  };
  const drawn = (n: number, seed: number): number[][] => {
    const flat = numbers(make(tensors()).sample(new Rng(seed), [n]));
    return rows.map((_, i) => flat.filter((__, k) => k % count === i));
  };
  /** How much more than usual a sharp density magnifies the rounding of x itself. */
  const conditioning = (own: number[]): number =>
    isUnitInterval || name === 'Gamma' || isCircular ? Math.max(1, Math.sqrt(Math.max(...own)) / 4) : 1;

  test('logProb agrees with the definition, and its gradients with central differences', () => {
    const points = drawn(9, 5);
    const inputs = [tf.transpose(tf.tensor2d(points)), ...Object.values(tensors())] as [tf.Tensor];
    const got = logProb(...inputs).arraySync() as number[][];
    const gradients = tf
      .grads(logProb)(inputs)
      .map((gradient) => gradient.arraySync());
    rows.forEach((own, i) => {
      const sums = names.map(() => 0);
      points[i]!.forEach((x, k) => {
        const wanted = logPdf(x, ...own);
        expect(Math.abs(got[k]![i]! - wanted)).toBeLessThan(2e-6 * (10 + Math.abs(wanted)) * conditioning(own));
        const step = 1e-5 * Math.min(1, Math.abs(x), support[1] - x);
        const slope = (logPdf(x + step, ...own) - logPdf(x - step, ...own)) / (2 * step);
        const gradient = (gradients[0] as number[][])[k]![i]!;
        expect(Math.abs(gradient - slope)).toBeLessThan(1e-4 * (1 + Math.abs(slope)) * conditioning(own));
        own.forEach((parameter, p) => {
          const h = 1e-4 * Math.max(1, Math.abs(parameter));
          const at = (t: number) => logPdf(x, ...own.with(p, parameter + t));
          sums[p]! += (at(h) - at(-h)) / (2 * h);
        });
      });
      names.forEach((key, p) => {
        const gradient = (gradients[p + 1] as number[])[i]!;
        expect(Math.abs(gradient - sums[p]!), key).toBeLessThan(2e-4 * (1 + Math.abs(sums[p]!)) * conditioning(own));
      });
    });
  });

  test('samples have the distribution function: Kolmogorov and Smirnov', () => {
    const n = 4000;
    drawn(n, 2).forEach((values, i) => {
      const sorted = values.sort((a, b) => a - b);
      const start = isCircular ? share(support[0], true, ...rows[i]!) : 0;
      for (let k = 0; k < n; k += 40) {
        const gap = Math.abs(share(sorted[k]!, true, ...rows[i]!) - start - k / n);
        // Exceeded once in 10⁵ by chance.
        expect(gap).toBeLessThan(2.47 / Math.sqrt(n) + 2e-3);
      }
    });
  });

  test('entropy, mean, variance and mode agree with integrals', () => {
    const distribution = make(tensors());
    const [entropy, ...moments] = [
      distribution.entropy(),
      ...(each.hasNoMoments ? [] : [distribution.mean(), distribution.variance()]),
    ].map(numbers);
    rows.forEach((own, i) => {
      const wanted = -moment(own, (x) => logPdf(x, ...own));
      expect(Math.abs(entropy![i]! - wanted), 'entropy').toBeLessThan(3e-5 * (1 + Math.abs(wanted)));
      const [mean, variance] = moments.map((values) => values[i]!);
      if (isCircular) {
        expect(mean).toBeCloseTo(own[0]!, 5);
        const circular = moment(own, (x) => 1 - Math.cos(x - own[0]!));
        expect(Math.abs(variance! - circular)).toBeLessThan(1e-5 * circular);
      } else if (!each.hasNoMoments) {
        const first = moment(own, (x) => x);
        const second = moment(own, (x) => (x - first) ** 2);
        expect(Math.abs(mean! - first), 'mean').toBeLessThan(3e-5 * Math.sqrt(first ** 2 + second));
        expect(Math.abs(variance! / second - 1), 'variance').toBeLessThan(1e-4);
      }
      if (each.hasNoMode) return;
      const mode = numbers(distribution.mode())[i]!;
      for (const x of [-0.05, 0.05].map((share) => mode + share * scaleOf(own))) {
        if (x > support[0] && x < support[1]) expect(logPdf(x, ...own)).toBeLessThan(logPdf(mode, ...own));
      }
    });
  });

  test('sampleWithLogProb gives a sample and its logProb', () => {
    const distribution = make(tensors());
    const { sample, logProb } = distribution.sampleWithLogProb(new Rng(1), [50]);
    expect([sample.shape, logProb.shape]).toEqual(Array(2).fill([50, count]));
    expect(numbers(sample)).toEqual(numbers(distribution.sample(new Rng(1), [50])));
    const [again, draws] = [numbers(distribution.logProb(sample)), numbers(sample)];
    numbers(logProb).forEach((value, k) => {
      // What the rounding of a draw near 1 changes in log(1 − x).
      const rounding = isUnitInterval ? 2 ** -24 / (1 - draws[k]!) : 0;
      expect(Math.abs(value - again[k]!)).toBeLessThan(1e-4 * (1 + Math.abs(value)) + rounding);
    });
  });

  test('the gradient of a sample is the one that leaves the distribution function as it is', () => {
    names.forEach((key, p) => {
      for (const own of rows) {
        const others = Object.fromEntries(names.map((other, k) => [other, tf.scalar(own[k]!)]));
        for (let k = 0; k < 6; k++) {
          const sampled = (value: tf.Tensor) => make({ ...others, [key]: value }).sample(new Rng(`${k}`));
          const x = sampled(others[key]!).dataSync()[0]!;
          const got = tf.grad(sampled)(others[key]!).dataSync()[0]!;
          if (isCircular && key === 'loc') {
            expect(got).toBeCloseTo(1, 6);
            continue;
          }
          const h = 1e-3 * Math.max(Math.abs(own[p]!), 0.1);
          const isLeft = share(x, true, ...own) < 0.5;
          const below = (t: number) => share(x, isLeft, ...own.with(p, own[p]! + t));
          const slope = (8 * (below(h) - below(-h)) - (below(2 * h) - below(-2 * h))) / (12 * h);
          const wanted = -slope / Math.exp(logPdf(x, ...own));
          const size = Math.abs(wanted) + (isCircular ? own[1]! ** -1.5 : scaleOf(own)) * 0.1;
          expect(Math.abs(got - wanted), `${key} ${own} at ${x}`).toBeLessThan((each.slopeBound ?? 1e-4) * size + 1e-6);
        }
      }
    });
  });

  test('outside of the support the density is 0, far out it is finite; no NaN comes of its gradients', () => {
    const at = (x: number) => {
      const inputs = [tf.fill([count], x), ...Object.values(tensors())] as [tf.Tensor];
      return { values: numbers(logProb(...inputs)), slopes: tf.grads(logProb)(inputs).flatMap(numbers) };
    };
    for (const x of each.outside ?? []) {
      const { values, slopes } = at(x);
      expect(values).toEqual(Array(count).fill(Number.NEGATIVE_INFINITY));
      expect(slopes.every((slope) => slope === 0)).toBe(true);
    }
    const far = support[1] === 1 ? [1e-30, 1e-7, 1 - 2 ** -24] : [1e-30, 100, 1e4];
    for (const x of [...far, ...far.map((value) => -value)].filter((x) => x >= support[0] && x <= support[1])) {
      const { values, slopes } = at(x);
      expect([...values, ...slopes].every(Number.isFinite), `${x}`).toBe(true);
    }
  });

  test('compiled as eager: draws, densities, of NaN too, entropies and gradients through samples', () => {
    const run = (inputs: Parameters, rng: Rng): Record<string, tf.Tensor> => {
      const through = (...rest: tf.Tensor[]) => {
        const { sample, logProb } = make(named(rest)).sampleWithLogProb(rng, [3]);
        return tf.add(sample, logProb);
      };
      const own = make(inputs);
      const gradients = tf.grads(through)(names.map((key) => inputs[key]!));
      const nan = own.logProb(tf.scalar(Number.NaN));
      return {
        ...own.sampleWithLogProb(rng, [3]),
        entropy: own.entropy(),
        nan,
        ...Object.fromEntries(gradients.entries()),
      };
    };
    expectCompiledAsEager(run, tensors(), (value) => 2e-5 * (1 + Math.abs(value)));
  });

  test.skipIf(names.length < 2)('parameters broadcast, or are an error', () => {
    const wrong = Object.fromEntries(names.map((key, k) => [key, tf.zeros([k + 2])]));
    expect(() => make(wrong)).toThrow(`${name === 'LogNormal' ? 'Normal' : name}: got `);
    const distribution = make(Object.fromEntries(names.map((key, k) => [key, tf.ones(k === 0 ? [3, 1] : [2])])));
    expect(distribution.batchShape).toEqual([3, 2]);
    expect(distribution.sample(new Rng(0), [4]).shape).toEqual([4, 3, 2]);
    const moments = each.hasNoMoments ? [] : [distribution.mean(), distribution.variance()];
    for (const value of [distribution.entropy(), distribution.logProb(tf.scalar(0.5)), ...moments])
      expect(value.shape).toEqual([3, 2]);
  });
});

test('an exponential density is greatest at 0, which belongs to its support', () => {
  const exponential = new Exponential({ logRate: tf.scalar(0.5) });
  expect(exponential.logProb(exponential.mode()).dataSync()[0]).toBe(0.5);
});

test('a logistic density is even, out to infinity', () => {
  const standard = new Logistic({ loc: tf.scalar(0), logScale: tf.scalar(0) });
  const x = [0, 0.3, 5, 100, 3e38, Number.POSITIVE_INFINITY];
  const logProb = (sign: 1 | -1) => [...standard.logProb(tf.tensor1d(x.map((each) => sign * each))).dataSync()];
  expect(logProb(-1)).toEqual(logProb(1));
  expect(logProb(1).slice(-2)).toEqual([-Math.fround(3e38), Number.NEGATIVE_INFINITY]);
});

test('a Gumbel density falls, or stays as it is, all the way to the left', () => {
  const standard = new Gumbel({ loc: tf.scalar(0), logScale: tf.scalar(0) });
  const x = tf.tensor1d([-80, -86, -88, -1e10, -1e38, -3e38, Number.NEGATIVE_INFINITY]);
  const logProb = standard.logProb(x).dataSync();
  logProb.slice(1).forEach((value, i) => expect(value).toBeLessThanOrEqual(logProb[i]!));
  for (const slope of tf
    .grad((at: tf.Tensor) => standard.logProb(at))(x)
    .dataSync())
    expect(slope).toBeGreaterThanOrEqual(0);
});

test('a Cauchy distribution has neither mean nor variance', () => {
  const cauchy = new Cauchy({ loc: tf.scalar(0), logScale: tf.scalar(0) });
  expect(() => cauchy.mean()).toThrow('Cauchy has no mean');
  expect(() => cauchy.variance()).toThrow('Cauchy has no variance');
});

test('the mode of a Kumaraswamy distribution is at a bound where the density is greatest there', () => {
  const mode = (a: number, b: number) =>
    new Kumaraswamy({ concentration1: tf.scalar(a), concentration0: tf.scalar(b) }).mode().dataSync()[0];
  expect([mode(0.5, 3), mode(1, 3), mode(0.5, 0.5), mode(1, 1), mode(3, 0.5), mode(3, 1)]).toEqual([0, 0, 0, 0, 1, 1]);
  expect(mode(2, 3)).toBeCloseTo(Math.sqrt(1 / 5), 6);
});

describe('a truncated normal distribution', () => {
  const INFINITE = Number.POSITIVE_INFINITY;
  type Bounds = readonly [low: number, high: number];
  /** loc, scale, bounds: in the middle, wide, narrow, and the interval far out in either tail. */
  const rows: readonly (readonly [loc: number, scale: number, bounds: Bounds])[] = [
    [0.3, 0.5, [-1, 1]],
    [0.3, 1e4, [-1, 1]],
    [0.3, 1e-3, [-1, 1]],
    [-1, 0.4, [-1, 1]],
    [-60, 0.7, [-1, 1]],
    [4e4, 2, [-1, 1]],
    [0, 1, [8, 9]],
    [0, 1, [40, INFINITE]],
    [0, 1, [-INFINITE, -15]],
    [2, 3, [-INFINITE, INFINITE]],
    [2, 3, [1, INFINITE]],
  ];
  const make = (loc: tf.Tensor, logScale: tf.Tensor, [low, high]: Bounds) =>
    new TruncatedNormal({ loc, logScale, low, high });

  test.each(rows)('around %d with scale %d within %j: moments, entropy and their gradients', (loc, scale, bounds) => {
    const inputs = [tf.scalar(loc), tf.scalar(Math.log(scale))];
    const own = inputs.map((each) => each.dataSync()[0]!);
    const [low, high] = bounds.map((bound) => Math.min(Math.max(bound, -1e6), 1e6)) as [number, number];
    const mode = Math.min(Math.max(own[0]!, low), high);
    /** E[f(X)] in float64, of a sum of two integrals, each from the mode to where nothing is left. */
    const expectations = (at: number[], f: (x: number) => number): number => {
      const [mu, sigma] = [at[0]!, Math.exp(at[1]!)];
      const center = Math.min(Math.max(mu, low), high);
      const density = (x: number) => Math.exp(-((x - center) * (x + center - 2 * mu)) / (2 * sigma * sigma));
      const r = Math.abs(center - mu) / sigma;
      const reach = (160 / (r + Math.sqrt(r * r + 160))) * sigma;
      const over = (g: (x: number) => number) =>
        [
          [Math.max(low, center - reach), center],
          [center, Math.min(high, center + reach)],
        ].reduce(
          (sum, [a, b]) => sum + (a! < b! ? integrate((x) => g(x) * density(x), a!, b!, { panels: 4000 }) : 0),
          0,
        );
      return over(f) / over(() => 1);
    };
    const mean = (at: number[]) => mode + expectations(at, (x) => x - mode);
    const variance = (at: number[]) => {
      const first = mean(at);
      return expectations(at, (x) => (x - first) ** 2);
    };
    const entropy = (at: number[]) =>
      -expectations(at, (x) => truncatedNormalLogPdf(x, at[0]!, Math.exp(at[1]!), low, high));
    const size = Math.sqrt(variance(own));
    const cases = [
      ['mean', mean, size],
      ['variance', variance, size * size],
      ['entropy', entropy, 1],
    ] as const;
    for (const [method, oracle, unit] of cases) {
      const of = (...at: tf.Tensor[]) => make(at[0]!, at[1]!, bounds)[method]();
      const wanted = oracle(own);
      const [got, gradients] = [of(...inputs).dataSync()[0]!, tf.grads(of)(inputs)];
      expect(Math.abs(got - wanted), method).toBeLessThan(3e-6 * unit + 1e-6 * Math.abs(wanted));
      own.forEach((value, p) => {
        // In units in which the distribution changes: scales, and their logarithm.
        const step = p === 0 ? Math.min(Math.exp(own[1]!), high - low) : 1;
        const h = 1e-3 * (p === 0 ? Math.min(step, 1e-2 * Math.max(step, Math.abs(mode - own[0]!))) : 1);
        const at = (t: number) => oracle(own.with(p, value + t));
        const slope = ((8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)) * step;
        const gradient = gradients[p]!.dataSync()[0]! * step;
        expect(Math.abs(gradient - slope), `${method} by ${p}: ${gradient}, wanted ${slope}`).toBeLessThan(
          2e-5 * (unit + Math.abs(slope)),
        );
      });
    }
  });

  test('without bounds it is the normal distribution', () => {
    const [loc, logScale] = [tf.tensor1d([0.5, -3]), tf.tensor1d([0.2, -1])];
    const free = make(loc, logScale, [-INFINITE, INFINITE]);
    const normal = new Normal({ loc, logScale });
    const x = tf.tensor2d([
      [-3, -4],
      [0.4, -3.1],
      [5, 0],
    ]);
    const pairs = [
      [free.logProb(x), normal.logProb(x)],
      [free.cdf(x), normal.cdf(x)],
      [free.entropy(), normal.entropy()],
      [free.mean(), normal.mean()],
      [free.variance(), normal.variance()],
    ];
    for (const [got, wanted] of pairs) expect(tf.max(tf.abs(tf.sub(got!, wanted!))).dataSync()[0]).toBeLessThan(4e-6);
  });

  test('bounds may be tensors, which get gradients', () => {
    const [loc, logScale] = [tf.tensor1d([0.2, -1]), tf.scalar(0)];
    const bounds = [tf.tensor1d([-1, 0]), tf.tensor1d([1, 0.5])];
    const entropy = (low: tf.Tensor, high: tf.Tensor) => new TruncatedNormal({ loc, logScale, low, high }).entropy();
    const gradients = tf.grads(entropy)(bounds).map(numbers);
    [0, 1].forEach((i) => {
      const at = (low: number, high: number) => numbers(make(tf.slice(loc, i, 1), logScale, [low, high]).entropy())[0]!;
      const [low, high] = bounds.map((bound) => numbers(bound)[i]!) as [number, number];
      const h = 1e-2;
      expect(Math.abs(gradients[0]![i]! - (at(low + h, high) - at(low - h, high)) / (2 * h))).toBeLessThan(1e-3);
      expect(Math.abs(gradients[1]![i]! - (at(low, high + h) - at(low, high - h)) / (2 * h))).toBeLessThan(1e-3);
    });
  });

  test('draws lie within the bounds, however narrow or far away', () => {
    for (const [loc, scale, bounds] of rows) {
      const draws = numbers(make(tf.scalar(loc), tf.scalar(Math.log(scale)), bounds).sample(new Rng(4), [2000]));
      const [low, high] = bounds;
      expect(draws.every((x) => Number.isFinite(x) && x >= Math.fround(low) && x <= Math.fround(high))).toBe(true);
    }
  });
});
