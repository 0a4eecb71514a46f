import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  Beta,
  Cauchy,
  compile,
  type Distribution,
  Exponential,
  Gamma,
  Gumbel,
  Kumaraswamy,
  Laplace,
  Logistic,
  LogNormal,
  Normal,
  Rng,
  StudentT,
  TruncatedNormal,
  VonMises,
} from '../../src/index.ts';
import { normalLogPdf } from '../oracle/densities.ts';
import {
  betaLogPdf,
  cauchyLogPdf,
  exponentialLogPdf,
  gammaLogPdf,
  gumbelLogPdf,
  integrate,
  kumaraswamyLogPdf,
  laplaceLogPdf,
  logisticLogPdf,
  logNormalLogPdf,
  studentTLogPdf,
  vonMisesLogPdf,
} from '../oracle/scalarDensities.ts';
import { cauchyTails, laplaceTails, truncatedNormalLogPdf } from '../oracle/tails.ts';

type Parameters = Record<string, tf.Tensor>;

interface Case {
  readonly name: string;
  /** Values of each parameter, one for each distribution of the batch. */
  readonly parameters: Record<string, number[]>;
  readonly make: (parameters: Parameters) => Distribution;
  /** log p(x) in float64, of parameters in the order above. */
  readonly oracle: (x: number, ...parameters: number[]) => number;
  readonly support: [low: number, high: number];
  /** Center and scale of each distribution of the batch, for quadrature on the line. */
  readonly about?: (...parameters: number[]) => [number, number];
  /** Points outside of the support. */
  readonly outside: number[];
  /** Whether each has one inside of the support, where the density is finite. */
  readonly hasMode: boolean;
  /** Whether there is a mean and a variance; there is unless it says not. */
  readonly hasMoments?: boolean;
  /** P(X ≤ x) in float64, where the integral of a heavy tail would not do. */
  readonly cdf?: (x: number, ...parameters: number[]) => number;
  /** Relative bound of the gradients of samples where quadrature makes them; rounding else. */
  readonly slopeBound?: number;
}

const [LOW, HIGH] = [-1, 2];
const LOCATIONS = [0.4, -2, 1.5, 3];
const LOG_SCALES = [0.3, -1.2, 0.9, -0.1];
const LINE: [number, number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
const HALF_LINE: [number, number] = [0, Number.POSITIVE_INFINITY];
const byLogScale =
  (logPdf: (x: number, loc: number, scale: number) => number) => (x: number, loc: number, logScale: number) =>
    logPdf(x, loc, Math.exp(logScale));
const parameters = { loc: LOCATIONS, logScale: LOG_SCALES };
const about = (loc: number, logScale: number): [number, number] => [loc, Math.exp(logScale)];

const cases: Case[] = [
  {
    name: 'Normal',
    parameters,
    make: ({ loc, logScale }) => new Normal({ loc: loc!, logScale: logScale! }),
    oracle: byLogScale(normalLogPdf),
    support: LINE,
    about,
    outside: [],
    hasMode: true,
  },
  {
    name: 'Logistic',
    parameters,
    make: ({ loc, logScale }) => new Logistic({ loc: loc!, logScale: logScale! }),
    oracle: byLogScale(logisticLogPdf),
    support: LINE,
    about,
    outside: [],
    hasMode: true,
  },
  {
    name: 'Gumbel',
    parameters,
    make: ({ loc, logScale }) => new Gumbel({ loc: loc!, logScale: logScale! }),
    oracle: byLogScale(gumbelLogPdf),
    support: LINE,
    about,
    outside: [],
    hasMode: true,
  },
  {
    name: 'LogNormal',
    parameters: { loc: [0.4, -2, 1.5, 3], logScale: [-0.5, -1.2, -0.7, -2] },
    make: ({ loc, logScale }) => new LogNormal({ loc: loc!, logScale: logScale! }),
    oracle: byLogScale(logNormalLogPdf),
    support: HALF_LINE,
    about: (loc) => [0, Math.exp(loc)],
    outside: [-1, 0, -1e30],
    hasMode: true,
  },
  {
    name: 'Exponential',
    parameters: { logRate: [0, 2, -3, 0.5] },
    make: ({ logRate }) => new Exponential({ logRate: logRate! }),
    oracle: (x, logRate) => exponentialLogPdf(x, Math.exp(logRate)),
    support: HALF_LINE,
    about: (logRate) => [0, Math.exp(-logRate)],
    outside: [-1, -1e-30, -1e30, -3e38],
    hasMode: true,
  },
  {
    name: 'Beta',
    parameters: { concentration1: [0.6, 2, 7, 40, 900], concentration0: [0.8, 3, 0.7, 25, 1500] },
    make: ({ concentration1, concentration0 }) =>
      new Beta({ concentration1: concentration1!, concentration0: concentration0! }),
    oracle: betaLogPdf,
    support: [0, 1],
    outside: [-0.1, 1.1, 1e30],
    hasMode: false,
    slopeBound: 2e-4,
  },
  {
    name: 'Gamma',
    parameters: { concentration: [1.2, 2, 7, 40, 900], logRate: [0, -1, 2, 0.5, 3] },
    make: ({ concentration, logRate }) => new Gamma({ concentration: concentration!, logRate: logRate! }),
    oracle: (x, a, logRate) => gammaLogPdf(x, a, Math.exp(logRate)),
    support: HALF_LINE,
    about: (a, logRate) => [0, a * Math.exp(-logRate)],
    outside: [-1, -1e-30, -1e30],
    hasMode: true,
    slopeBound: 1e-4,
  },
  {
    name: 'StudentT',
    parameters: { df: [5, 8, 30, 200], ...parameters },
    make: ({ df, loc, logScale }) => new StudentT({ df: df!, loc: loc!, logScale: logScale! }),
    oracle: (x, df, loc, logScale) => studentTLogPdf(x, df, loc, Math.exp(logScale)),
    support: LINE,
    about: (_, loc, logScale) => [loc, Math.exp(logScale)],
    outside: [],
    hasMode: true,
  },
  {
    name: 'VonMises',
    parameters: { loc: [0.4, -3, 1.5, 3, 0], concentration: [0.2, 1, 4, 15, 300] },
    make: ({ loc, concentration }) => new VonMises({ loc: loc!, concentration: concentration! }),
    oracle: vonMisesLogPdf,
    support: [-Math.PI, Math.PI],
    outside: [],
    hasMode: true,
    slopeBound: 1e-4,
  },
  {
    name: 'Laplace',
    parameters,
    make: ({ loc, logScale }) => new Laplace({ loc: loc!, logScale: logScale! }),
    oracle: byLogScale(laplaceLogPdf),
    support: LINE,
    about,
    outside: [],
    hasMode: true,
    // Quadrature does not see where the density has a kink.
    cdf: (x, loc, logScale) => laplaceTails(x, loc!, Math.exp(logScale!)).below,
  },
  {
    name: 'Cauchy',
    parameters,
    make: ({ loc, logScale }) => new Cauchy({ loc: loc!, logScale: logScale! }),
    oracle: byLogScale(cauchyLogPdf),
    support: LINE,
    // 2·10⁻⁶ of the mass lies beyond 4,000 times that.
    about: (loc, logScale) => [loc, 100 * Math.exp(logScale)],
    outside: [],
    hasMode: true,
    hasMoments: false,
    cdf: (x, loc, logScale) => cauchyTails(x, loc!, Math.exp(logScale!)).below,
  },
  {
    name: 'Kumaraswamy',
    parameters: { concentration1: [0.6, 2, 7, 1.5, 20], concentration0: [0.8, 3, 0.7, 25, 40] },
    make: ({ concentration1, concentration0 }) =>
      new Kumaraswamy({ concentration1: concentration1!, concentration0: concentration0! }),
    oracle: kumaraswamyLogPdf,
    support: [0, 1],
    outside: [-0.1, 1.1, 1e30],
    hasMode: true,
  },
  {
    name: 'TruncatedNormal',
    parameters: { loc: [0.4, -2, 5, 0.1, -30], logScale: [0.3, -0.2, 0.9, 3, 0.5] },
    make: ({ loc, logScale }) => new TruncatedNormal({ loc: loc!, logScale: logScale!, low: LOW, high: HIGH }),
    oracle: (x, loc, logScale) => truncatedNormalLogPdf(x, loc!, Math.exp(logScale!), LOW, HIGH),
    support: [LOW, HIGH],
    outside: [LOW - 0.1, HIGH + 0.1, 1e30],
    hasMode: true,
  },
];

const numbers = (x: tf.Tensor): number[] => [...x.dataSync()];

describe.each(cases)('$name', (each) => {
  const { name, make, oracle, support, outside, hasMode, hasMoments = true } = each;
  /** Whether float32 has fewer numbers near one end of the support than near the other. */
  const isUnitInterval = support[0] === 0 && support[1] === 1;
  const names = Object.keys(each.parameters);
  const count = each.parameters[names[0]!]!.length;
  const tensors = (): Parameters => Object.fromEntries(names.map((key) => [key, tf.tensor1d(each.parameters[key]!)]));
  /** float32's roundings of the parameters of one distribution of the batch. */
  const row = (i: number): number[] => names.map((key) => Math.fround(each.parameters[key]![i]!));
  const spread = (i: number) => {
    const [center, scale] = each.about?.(...row(i)) ?? [0, 1];
    return { center, scale };
  };
  const expectation = (
    i: number,
    f: (x: number) => number,
    low = support[0],
    high = support[1],
    panels = 600,
  ): number => integrate((x) => f(x) * Math.exp(oracle(x, ...row(i))), low, high, { ...spread(i), panels });
  const moment = (i: number, f: (x: number) => number): number => expectation(i, f, ...support, 6000);
  const drawn = (n: number, seed: number): number[][] => {
    const flat = numbers(make(tensors()).sample(new Rng(seed), [n]));
    return Array.from({ length: count }, (_, i) => flat.filter((_, k) => k % count === i));
  };
  const points = drawn(9, 5);
  const atPoints = (): tf.Tensor2D => tf.transpose(tf.tensor2d(points)) as tf.Tensor2D;

  test('logProb agrees with the definition, and its gradients with central differences', () => {
    const got = make(tensors()).logProb(atPoints()).arraySync() as number[][];
    const gradients = tf
      .grads((x: tf.Tensor, ...rest: tf.Tensor[]) =>
        make(Object.fromEntries(names.map((key, k) => [key, rest[k]!]))).logProb(x),
      )([atPoints(), ...Object.values(tensors())])
      .map((gradient) => gradient.arraySync());
    for (let i = 0; i < count; i++) {
      const sums = names.map(() => 0);
      points[i]!.forEach((x, k) => {
        const wanted = oracle(x, ...row(i));
        expect(Math.abs(got[k]![i]! - wanted)).toBeLessThan(2e-6 * (10 + Math.abs(wanted)) * conditioning(i));
        const step = 1e-5 * Math.min(1, Math.abs(x), support[1] - x);
        const slope = (oracle(x + step, ...row(i)) - oracle(x - step, ...row(i))) / (2 * step);
        const gradient = (gradients[0] as number[][])[k]![i]!;
        expect(Math.abs(gradient - slope)).toBeLessThan(1e-4 * (1 + Math.abs(slope)) * conditioning(i));
        names.forEach((_, p) => {
          const h = 1e-4 * Math.max(1, Math.abs(row(i)[p]!));
          const at = (t: number) => oracle(x, ...row(i).with(p, row(i)[p]! + t));
          sums[p]! += (at(h) - at(-h)) / (2 * h);
        });
      });
      names.forEach((key, p) => {
        const gradient = (gradients[p + 1] as number[])[i]!;
        expect(Math.abs(gradient - sums[p]!), key).toBeLessThan(2e-4 * (1 + Math.abs(sums[p]!)) * conditioning(i));
      });
    }
  });

  /** How much more than usual a sharp density magnifies the rounding of x itself. */
  function conditioning(i: number): number {
    const isSharp = isUnitInterval || name === 'Gamma' || name === 'VonMises';
    return isSharp ? Math.max(1, Math.sqrt(Math.max(...row(i))) / 4) : 1;
  }

  test('the log-density of NaN is NaN, compiled too', () => {
    const run = ({ x }: { x: tf.Tensor }) => ({ logProb: make(tensors()).logProb(x) });
    const compiled = compile(run, { name: 'nan', state: [] });
    for (const fn of [run, compiled])
      expect(numbers(fn({ x: tf.scalar(Number.NaN) }).logProb).every(Number.isNaN)).toBe(true);
    compiled.dispose();
  });

  test('the density integrates to 1', () => {
    const distribution = make(tensors());
    for (let i = 0; i < count; i++) {
      const at: number[] = [];
      integrate((x) => at.push(x), ...support, { ...spread(i), panels: 6000 });
      const inside = at.filter((x) => Math.fround(x) > support[0] && Math.fround(x) < support[1]);
      const logs = numbers(tf.gather(distribution.logProb(tf.tensor2d(inside, [inside.length, 1])), i, 1));
      const byPoint = new Map(inside.map((x, k) => [x, logs[k]!]));
      const total = integrate((x) => Math.exp(byPoint.get(x) ?? Number.NEGATIVE_INFINITY), ...support, {
        ...spread(i),
        panels: 6000,
      });
      // A share of the mass of concentrations below 1 lies nearer to 1 than float32 does: 2⁻²⁴ to the power of b.
      const lost = isUnitInterval ? 4 * (Math.max(1, row(i)[0]!) * 2 ** -24) ** row(i)[1]! : 0;
      expect(Math.abs(total - 1)).toBeLessThan(3e-5 + lost);
    }
  });

  test('samples have the distribution function: Kolmogorov and Smirnov', () => {
    const n = 4000;
    drawn(n, 2).forEach((values, i) => {
      const sorted = values.sort((a, b) => a - b);
      let [cumulative, from] = [0, support[0]];
      let gap = 0;
      for (let k = 0; k < n; k += 40) {
        const x = sorted[k]!;
        if (each.cdf !== undefined) {
          gap = Math.max(gap, Math.abs(each.cdf(x, ...row(i)) - k / n));
          continue;
        }
        if (from === Number.NEGATIVE_INFINITY) cumulative = expectation(i, (at) => (at < x ? 1 : 0));
        else if (x > from) cumulative += expectation(i, () => 1, from, x);
        if (from !== Number.NEGATIVE_INFINITY) from = x;
        gap = Math.max(gap, Math.abs(cumulative - k / n));
      }
      // Exceeded once in 10⁵ by chance.
      expect(gap).toBeLessThan(2.47 / Math.sqrt(n) + 2e-3);
    });
  });

  test('entropy, mean, variance and mode agree with integrals', () => {
    const distribution = make(tensors());
    const entropy = numbers(distribution.entropy());
    const [mean, variance] = hasMoments ? [distribution.mean(), distribution.variance()].map(numbers) : [];
    for (let i = 0; i < count; i++) {
      const wanted = -moment(i, (x) => oracle(x, ...row(i)));
      expect(Math.abs(entropy[i]! - wanted), 'entropy').toBeLessThan(3e-5 * (1 + Math.abs(wanted)));
      if (!hasMoments) continue;
      if (name === 'VonMises') {
        expect(mean![i]).toBeCloseTo(row(i)[0]!, 5);
        const circular = moment(i, (x) => 1 - Math.cos(x - row(i)[0]!));
        expect(Math.abs(variance![i]! - circular)).toBeLessThan(1e-5 * circular);
        continue;
      }
      const first = moment(i, (x) => x);
      const second = moment(i, (x) => (x - first) ** 2);
      expect(Math.abs(mean![i]! - first), 'mean').toBeLessThan(3e-5 * Math.sqrt(first ** 2 + second));
      expect(Math.abs(variance![i]! / second - 1), 'variance').toBeLessThan(1e-4);
    }
    if (!hasMode) return;
    const mode = numbers(distribution.mode());
    for (let i = 0; i < count; i++) {
      const at = oracle(mode[i]!, ...row(i));
      const width = 0.05 * spread(i).scale;
      for (const x of [mode[i]! - width, mode[i]! + width]) {
        if (x > support[0] && x < support[1]) expect(oracle(x, ...row(i))).toBeLessThan(at);
      }
    }
  });

  test('sampleWithLogProb gives a sample and its logProb', () => {
    const distribution = make(tensors());
    const { sample, logProb } = distribution.sampleWithLogProb(new Rng(1), [50]);
    expect([sample.shape, logProb.shape]).toEqual([
      [50, count],
      [50, count],
    ]);
    expect(numbers(sample)).toEqual(numbers(distribution.sample(new Rng(1), [50])));
    const again = numbers(distribution.logProb(sample));
    const draws = numbers(sample);
    numbers(logProb).forEach((value, k) => {
      // What the rounding of a draw near 1 changes in log(1 − x).
      const rounding = isUnitInterval ? 2 ** -24 / (1 - draws[k]!) : 0;
      expect(Math.abs(value - again[k]!)).toBeLessThan(1e-4 * (1 + Math.abs(value)) + rounding);
    });
  });

  test('the gradient of a sample is the one that leaves the distribution function as it is', () => {
    const n = 6;
    for (let p = 0; p < names.length; p++) {
      const key = names[p]!;
      for (let i = 0; i < count; i++) {
        const others = Object.fromEntries(names.map((other, k) => [other, tf.scalar(row(i)[k]!)]));
        for (let k = 0; k < n; k++) {
          const rng = () => new Rng(`${k}`);
          const sampled = (value: tf.Tensor) => make({ ...others, [key]: value }).sample(rng());
          const x = sampled(others[key]!).dataSync()[0]!;
          const got = tf.grad(sampled)(others[key]!).dataSync()[0]!;
          const h = 1e-3 * Math.max(Math.abs(row(i)[p]!), 0.1);
          // A small interval from where the density is cut: the half of the mass that is the nearer.
          const start = name === 'VonMises' ? row(i)[0]! : support[0];
          const below = (t: number): number => {
            const changed = row(i).with(p, row(i)[p]! + t);
            if (each.cdf !== undefined) return each.cdf(x, ...changed);
            const density = (at: number) => Math.exp(oracle(at, ...changed));
            if (start === Number.NEGATIVE_INFINITY) {
              return integrate((at) => (at <= 0 ? density(x + at) : 0), ...LINE, { scale: spread(i).scale });
            }
            const [from, sign] = x < start ? [x, -1] : [start, 1];
            return sign * integrate(density, from, Math.max(x, start));
          };
          if (name === 'VonMises' && key === 'loc') {
            expect(got).toBeCloseTo(1, 6);
            continue;
          }
          const slope = (8 * (below(h) - below(-h)) - (below(2 * h) - below(-2 * h))) / (12 * h);
          const wanted = -slope / Math.exp(oracle(x, ...row(i)));
          const bound = each.slopeBound ?? 1e-4;
          const size = Math.abs(wanted) + (name === 'VonMises' ? row(i)[1]! ** -1.5 : spread(i).scale) * 0.1;
          expect(Math.abs(got - wanted), `${key} ${row(i)} at ${x}`).toBeLessThan(bound * size + 1e-6);
        }
      }
    }
  });

  test('outside of the support the density is 0, and no NaN comes of its gradient', () => {
    for (const x of outside) {
      const inputs = [tf.fill([count], x), ...Object.values(tensors())];
      const logProb = (at: tf.Tensor, ...rest: tf.Tensor[]) =>
        make(Object.fromEntries(names.map((key, k) => [key, rest[k]!]))).logProb(at);
      expect(numbers(logProb(...(inputs as [tf.Tensor])))).toEqual(Array(count).fill(Number.NEGATIVE_INFINITY));
      for (const gradient of tf.grads(logProb)(inputs))
        expect(numbers(gradient).every((each) => each === 0)).toBe(true);
    }
  });

  test('finite far out, and so are its gradients', () => {
    const far = support[1] === 1 ? [1e-30, 1e-7, 1 - 2 ** -24] : [1e-30, 100, 1e4];
    const both = support[0] < 0 ? [...far, ...far.map((value) => -value)] : far;
    for (const x of both.filter((value) => value >= support[0] && value <= support[1])) {
      const logProb = (at: tf.Tensor, ...rest: tf.Tensor[]) =>
        make(Object.fromEntries(names.map((key, k) => [key, rest[k]!]))).logProb(at);
      const inputs = [tf.fill([count], x), ...Object.values(tensors())];
      for (const value of [logProb(...(inputs as [tf.Tensor])), ...tf.grads(logProb)(inputs)]) {
        expect(
          numbers(value).every((entry) => Number.isFinite(entry)),
          `${x}: ${value}`,
        ).toBe(true);
      }
    }
  });

  test('compiled as eager: draws, densities, entropies and gradients through samples', () => {
    const run = (inputs: Parameters, rng: Rng): Record<string, tf.Tensor> => {
      const variables = names.map((key) => inputs[key]!);
      const at = (rest: tf.Tensor[]) => make(Object.fromEntries(names.map((key, k) => [key, rest[k]!])));
      const { sample, logProb } = at(variables).sampleWithLogProb(rng, [3]);
      const through = (...rest: tf.Tensor[]) => {
        const draws = at(rest).sampleWithLogProb(rng, [3]);
        return tf.add(draws.sample, draws.logProb);
      };
      const gradients = tf.grads(through)(variables);
      return Object.assign(
        { sample, logProb, entropy: at(variables).entropy() },
        Object.fromEntries(gradients.map((gradient, k) => [`by ${names[k]}`, gradient])),
      );
    };
    const compiled = compile(run, { name: 'scalars', state: [] });
    const [eager, graph] = [run(tensors(), new Rng(3)), compiled(tensors(), new Rng(3))];
    for (const [key, value] of Object.entries(eager)) {
      const other = numbers(graph[key]!);
      numbers(value).forEach((entry, k) => {
        expect(Math.abs(entry - other[k]!), key).toBeLessThan(2e-5 * (1 + Math.abs(entry)));
      });
    }
    compiled.dispose();
  });

  test('parameters that do not broadcast are errors that say so', () => {
    if (names.length < 2) return;
    const wrong = Object.fromEntries(names.map((key, k) => [key, tf.zeros([k + 2])]));
    expect(() => make(wrong)).toThrow(
      new RegExp(`^${name === 'LogNormal' ? 'Normal' : name}: got .*, expected float32 ${names.join(' and ')}`),
    );
    const mixed = Object.fromEntries(names.map((key, k) => [key, k === 0 ? tf.ones([3, 1]) : tf.ones([2])]));
    const distribution = make(mixed);
    expect(distribution.batchShape).toEqual([3, 2]);
    expect(distribution.sample(new Rng(0), [4]).shape).toEqual([4, 3, 2]);
    const moments = hasMoments ? [distribution.mean(), distribution.variance()] : [];
    for (const value of [distribution.entropy(), ...moments]) expect(value.shape).toEqual([3, 2]);
    expect(distribution.logProb(tf.scalar(0.5)).shape).toEqual([3, 2]);
  });
});

test('a beta distribution of small concentrations: its entropy is estimated from draws that float32 rounds to a bound', () => {
  const concentration = tf.tensor1d([0.1, 0.02]);
  const distribution = new Beta({ concentration1: concentration, concentration0: tf.mul(concentration, 2) });
  const { value, standardError } = distribution.entropyEstimate(new Rng(0), 20_000);
  const exact = numbers(distribution.entropy());
  exact.forEach((entropy, i) => {
    expect(Math.abs(numbers(value)[i]! - entropy)).toBeLessThan(4.5 * numbers(standardError)[i]!);
  });
  for (const draw of numbers(distribution.sample(new Rng(1), [1000]))) {
    expect(draw > 0 && draw < 1).toBe(true);
  }
  const slopes = tf.grad((a: tf.Tensor) =>
    tf.sum(
      new Beta({ concentration1: a, concentration0: tf.scalar(0.05) }).sampleWithLogProb(new Rng(2), [500]).logProb,
    ),
  )(concentration);
  expect(numbers(slopes).every(Number.isFinite)).toBe(true);
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
