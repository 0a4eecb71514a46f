import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { neuralSplineFlow } from '../../src/flows/index.ts';
import {
  BatchBroadcast,
  Chain,
  Exp,
  Exponential,
  Independent,
  Invert,
  Laplace,
  Logistic,
  MixtureSameFamily,
  MultivariateNormalDiag,
  Normal,
  Power,
  Rng,
  Scale,
  ShiftScale,
  Sigmoid,
  Softplus,
  StandardNormal,
  Tanh,
  TransformedDistribution,
  TruncatedNormal,
  Uniform,
  VonMises,
} from '../../src/index.ts';
import * as tails from '../oracle/tails.ts';
import {
  byLogScale,
  CASES,
  HIGH,
  LINE,
  LOW,
  type Oracle,
  type Parameters,
  parameters,
  type ScalarCase,
  through,
} from './cases.ts';
import { expectCompiledAsEager } from './compiledAsEager.ts';

type Case = Pick<ScalarCase, 'name' | 'parameters' | 'make' | 'support' | 'conditioning'> & {
  readonly oracle: Oracle<tails.Tails64>;
  /** Whether a bijector clamps before an end of the support. */
  readonly clamps?: true;
};

const [NONE, ALL] = LINE;
const normal = ({ loc, logScale }: Parameters) => new Normal({ loc: loc!, logScale: logScale! });
const normalTails = byLogScale(tails.normalTails);
const truncated = (high: number) => ({
  make: ({ loc, logScale }: Parameters) => new TruncatedNormal({ loc: loc!, logScale: logScale!, low: LOW, high }),
  oracle: byLogScale((x, loc, scale) => tails.truncatedNormalTails(x, loc, scale, LOW, Math.min(high, 1e9))),
  support: [LOW, high] as const,
});
const WEIGHTS = [0.15, 0.45, 0.4];

const cases: Case[] = [
  ...CASES.flatMap(({ tails: oracle, inTails, ...each }): Case[] =>
    oracle === undefined ? [] : [{ ...each, oracle, parameters: inTails ?? each.parameters }],
  ),
  {
    name: 'TruncatedNormal, far out',
    parameters: { loc: [-300, 40, -5e3, 30], logScale: [0.3, -0.2, 0.9, -1] },
    ...truncated(HIGH),
    conditioning: 4,
  },
  {
    name: 'TruncatedNormal, on one side',
    parameters: { loc: [0.4, -2, 5, -30], logScale: [0.3, -0.2, 0.9, 0.5] },
    ...truncated(ALL),
  },
  {
    name: 'MixtureSameFamily of Normal',
    parameters,
    make: ({ loc, logScale }) => {
      const spread = tf.tensor1d([-4, 0, 3]);
      return new MixtureSameFamily({
        logits: tf.tile(tf.log(tf.tensor2d([WEIGHTS])), [4, 1]),
        components: new Normal({
          loc: tf.add(tf.expandDims(loc!, -1), spread),
          logScale: tf.sub(tf.expandDims(logScale!, -1), tf.tensor1d([2, 0, 1])),
        }),
      });
    },
    oracle: (x, loc, logScale) => {
      const each = [-4, 0, 3].map((apart, k) =>
        tails.normalTails(x, loc! + apart, Math.exp(logScale! - [2, 0, 1][k]!)),
      );
      const mean = (of: (one: tails.Tails64) => number) =>
        each.reduce((sum, one, k) => sum + (WEIGHTS[k]! * of(one)) / WEIGHTS.reduce((a, b) => a + b), 0);
      return { below: mean(({ below }) => below), above: mean(({ above }) => above) };
    },
    support: LINE,
    conditioning: 2,
  },
  {
    name: 'a falling exponential function of a Normal',
    parameters,
    make: (own) =>
      new TransformedDistribution({
        base: normal(own),
        bijector: new Chain([new Scale(-1), new Exp(), new Scale(0.5)]),
      }),
    oracle: through(normalTails, (y) => 2 * Math.log(-y), true),
    support: [NONE, 0],
    conditioning: 4,
  },
  {
    name: 'an inverse power of an Exponential',
    clamps: true,
    parameters: { logRate: [0, 2, -3, 0.5] },
    make: ({ logRate }) =>
      new TransformedDistribution({ base: new Exponential({ logRate: logRate! }), bijector: new Power(-0.5) }),
    oracle: through(
      (x, logRate) => tails.exponentialTails(x, Math.exp(logRate!)),
      (y) => y ** -2,
      true,
    ),
    support: [0, ALL],
    conditioning: 4,
  },
  {
    name: 'a scale of either sign over a Logistic',
    parameters: { scale: [2, -0.5, -3, 1] },
    make: ({ scale }) =>
      new TransformedDistribution({
        base: new Logistic({ loc: tf.scalar(0.5), logScale: tf.scalar(0) }),
        bijector: new ShiftScale({ scale: scale!, shift: 1 }),
      }),
    oracle: (y, scale) => {
      const { below, above } = tails.logisticTails((y - 1) / scale!, 0.5, 1);
      return scale! > 0 ? { below, above } : { below: above, above: below };
    },
    support: LINE,
  },
  {
    name: 'the logarithm of a Softplus of a Laplace',
    clamps: true,
    parameters: { loc: [0.4, -2, 1.5, 0], logScale: [0.3, -1.2, -1, -0.1] },
    make: ({ loc, logScale }) =>
      new TransformedDistribution({
        base: new Laplace({ loc: loc!, logScale: logScale! }),
        bijector: new Chain([new Invert(new Exp()), new Softplus()]),
      }),
    oracle: through(byLogScale(tails.laplaceTails), (y) => Math.log(Math.expm1(Math.exp(y)))),
    support: LINE,
    conditioning: 8,
  },
];

const numbers = (x: tf.Tensor): number[] => [...x.dataSync()];
/** Of the smaller tail: so far out that the other is 1 in float32, too. */
const SHARES = [1e-12, 1e-6, 0.003, 0.2, 0.5 - 2 ** -12];

describe.each(cases)('$name', ({ parameters: own, make, oracle, support, conditioning = 1, clamps = false }) => {
  const names = Object.keys(own);
  const count = own[names[0]!]!.length;
  const tensors = (): Parameters => Object.fromEntries(names.map((key) => [key, tf.tensor1d(own[key]!)]));
  const row = (i: number): number[] => names.map((key) => Math.fround(own[key]![i]!));
  const named = (rest: tf.Tensor[]) => Object.fromEntries(names.map((key, k) => [key, rest[k]!]));
  const [from, to] = [Math.max(support[0], -1e15), Math.min(support[1], 1e15)];
  const at = (i: number, share: number, isUpper: boolean): number => {
    const [p, rest] = isUpper ? [1 - share, share] : [share, 1 - share];
    return tails.quantile64((x) => oracle(x, ...row(i)), p, rest, from, to);
  };
  /** Points of every distribution of the batch, a row for each share and side, in float32 within the support. */
  const points = [false, true].flatMap((isUpper) =>
    SHARES.map((share) => Array.from({ length: count }, (_, i) => Math.fround(at(i, share, isUpper)))),
  );
  const isInside = (x: number) => x > support[0] && x < support[1];
  const slope64 = (f: (t: number) => number, h: number) => (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
  /** How much of an error comes of x alone, which float32 rounds. */
  const rounding = (x: number, density: number) => 2 ** -24 * Math.abs(x) * density;

  test('cdf and survival, with a small error of the smaller tail, and with gradients', () => {
    for (const method of ['cdf', 'survival'] as const) {
      const of = (x: tf.Tensor, ...rest: tf.Tensor[]) => make(named(rest))[method](x);
      const values = of(tf.tensor2d(points), ...Object.values(tensors())).arraySync() as number[][];
      points.forEach((xs, k) => {
        const gradients = tf
          .grads(of)([tf.tensor1d(xs), ...Object.values(tensors())])
          .map(numbers);
        xs.forEach((x, i) => {
          if (!isInside(x)) return;
          const { below, above } = oracle(x, ...row(i));
          const [wanted, other] = method === 'cdf' ? [below, above] : [above, below];
          const density = Math.exp(numbers(make(tensors()).logProb(tf.tensor1d(xs)))[i]!);
          const small = Math.min(wanted, other);
          const bound = 4e-6 * conditioning;
          const where = `${method} of ${row(i)} at ${x}`;
          const gap = Math.abs(values[k]![i]! - wanted);
          // What is near 1 is rounded.
          expect(gap, where).toBeLessThan(bound * small + (wanted > other ? 1e-7 : 0) + rounding(x, density));
          const sign = method === 'cdf' ? 1 : -1;
          expect(Math.abs(gradients[0]![i]! / density - sign), `${where}, by x`).toBeLessThan(3 * bound);
          names.forEach((key, p) => {
            const tail = (t: number) => {
              const changed = oracle(x, ...row(i).with(p, row(i)[p]! + t));
              return below < above ? sign * changed.below : -sign * changed.above;
            };
            const slope = slope64(
              tail,
              1e-4 * Math.max(0.1, Math.abs(row(i)[p]!)) * Math.min(1, 1 / Math.abs(row(i)[p]!)),
            );
            const size = Math.abs(slope) + small;
            expect(Math.abs(gradients[p + 1]![i]! - slope), `${where}, by ${key}`).toBeLessThan(
              30 * bound * size + 20 * rounding(x, density),
            );
          });
        });
      });
    }
  });

  test('quantiles of both sides, with gradients; the ends of the support at 0 and 1', () => {
    for (const isUpper of [false, true]) {
      for (const share of SHARES) {
        const sides = (upper: boolean) => tf.fill([count], upper ? share : 1 - share);
        const of = (below: tf.Tensor, ...rest: tf.Tensor[]) =>
          make(named(rest)).quantile(isUpper ? tf.sub(1, below) : below, isUpper ? below : tf.sub(1, below));
        const inputs = [sides(true), ...Object.values(tensors())];
        const xs = numbers(of(...(inputs as [tf.Tensor])));
        const gradients = tf.grads(of)(inputs).map(numbers);
        xs.forEach((x, i) => {
          const wanted = at(i, Math.fround(share), isUpper);
          // A share of the way to the next tenth of the tail.
          const step = 0.01 * Math.abs(wanted - at(i, 0.9 * Math.fround(share), isUpper));
          const tail = (point: number, ...changed: number[]) => {
            const { below, above } = oracle(point, ...changed);
            return isUpper ? above : below;
          };
          const density = Math.abs(slope64((t) => tail(wanted + t, ...row(i)), step));
          const where = `${row(i)} at ${isUpper ? '1 − ' : ''}${share}`;
          // In units of the distance over which the tail falls.
          // Where float64 holds no such point, x is the end of the support.
          const size = step === 0 ? 0 : share / density;
          expect(Math.abs(x - wanted), where).toBeLessThan(4e-6 * conditioning * size + 2e-7 * Math.abs(wanted));
          if (share < 1e-8) return;
          const sign = isUpper ? -1 : 1;
          expect(Math.abs((gradients[0]![i]! * density) / sign - 1), `${where}, by p`).toBeLessThan(
            1e-4 * conditioning,
          );
          names.forEach((key, p) => {
            const h = 1e-4 * Math.max(0.1, Math.abs(row(i)[p]!)) * Math.min(1, 1 / Math.abs(row(i)[p]!));
            const slope = (-sign * slope64((t) => tail(wanted, ...row(i).with(p, row(i)[p]! + t)), h)) / density;
            expect(Math.abs(gradients[p + 1]![i]! - slope), `${where}, by ${key}`).toBeLessThan(
              2e-4 * conditioning * (Math.abs(slope) + size) + 3e-6 * Math.abs(wanted),
            );
          });
        });
      }
    }
    if (clamps) return;
    const ends = make(tensors())
      .quantile(tf.tensor2d([[0], [1]]))
      .arraySync() as number[][];
    expect(ends[0]!.every((x) => x === support[0])).toBe(true);
    expect(ends[1]!.every((x) => x === support[1])).toBe(true);
  });

  test('no quantile, and no gradient, of what is no share', () => {
    const of = (p: number[][], ...rest: tf.Tensor[]) => make(named(rest)).quantile(tf.tensor2d(p));
    const wrong = [[-1e-30], [-0.1], [1.1], [Number.NaN]];
    expect(numbers(of(wrong, ...Object.values(tensors()))).every(Number.isNaN)).toBe(true);
    const slopes = (...p: number[][][]) =>
      p.map((shares) =>
        tf
          .grads((...rest: tf.Tensor[]) => of(shares, ...rest))(Object.values(tensors()))
          .map(numbers),
      );
    const [alone, among] = slopes([[0.3]], [[0.3], ...wrong]);
    expect(among).toEqual(alone);
  });

  test.skipIf(clamps)('0 and 1 at the ends of the support and beyond', () => {
    const distribution = make(tensors());
    for (const [k, ends] of [
      [support[0], -3e38, NONE],
      [support[1], 3e38, ALL],
    ].entries()) {
      for (const x of ends.filter((end) => !isInside(end) || Math.abs(end) > 1e37)) {
        const wanted = Math.abs(x) === ALL || !isInside(x) ? 0 : 1e-20;
        expect(Math.max(...numbers(distribution[k === 0 ? 'cdf' : 'survival'](tf.scalar(x))))).toBeLessThanOrEqual(
          wanted,
        );
        for (const value of numbers(distribution[k === 0 ? 'survival' : 'cdf'](tf.scalar(x)))) expect(value).toBe(1);
      }
    }
  });

  test('compiled as eager, gradients too', () => {
    const run = ({ x, p, ...rest }: Parameters): Parameters => {
      const values = (at: tf.Tensor, share: tf.Tensor, ...own: tf.Tensor[]) => {
        const distribution = make(named(own));
        return tf.add(tf.add(distribution.cdf(at), tf.mul(distribution.survival(at), 3)), distribution.quantile(share));
      };
      const inputs = [x!, p!, ...names.map((key) => rest[key]!)];
      const gradients = tf.grads(values)(inputs);
      const distribution = make(rest);
      return {
        cdf: distribution.cdf(x!),
        survival: distribution.survival(x!),
        quantile: distribution.quantile(p!),
        ...Object.fromEntries(gradients.map((gradient, k) => [`gradient ${k}`, gradient])),
      };
    };
    const inputs = { x: tf.tensor1d(points[3]!), p: tf.fill([count], 0.3), ...tensors() };
    expectCompiledAsEager(run, inputs, (value) => 1e-5 * conditioning * (1 + Math.abs(value)));
  });
});

test('of several independent numbers: that all of them lie below; quantiles of one number only', () => {
  const loc = tf.tensor2d([
    [0, 1],
    [2, -1],
  ]);
  const logScale = tf.tensor1d([0, 0.5]);
  const x = tf.tensor2d([
    [0.3, 2],
    [8, 8],
  ]);
  const each = new Normal({ loc, logScale });
  const [below, above] = [each.cdf(x), each.survival(x)].map((value) => value.arraySync() as number[][]);
  for (const joint of [new Independent(each), new MultivariateNormalDiag({ loc, logScale })]) {
    const [cdf, survival] = [numbers(joint.cdf(x)), numbers(joint.survival(x))];
    below!.forEach(([a, b], i) => {
      const [u, v] = above![i]!;
      expect(Math.abs(cdf[i]! - a! * b!)).toBeLessThan(2e-7);
      const rest = u! + v! - u! * v!;
      expect(Math.abs(survival[i]! / rest - 1)).toBeLessThan(4e-6);
    });
  }
  const one = new Normal({ loc: tf.tensor1d([0, 3]), logScale: tf.scalar(0.5) });
  const p = tf.tensor1d([0.1, 0.99]);
  const events = tf.expandDims(one.quantile(p), -1);
  for (const joint of [
    new Independent(new Normal({ loc: tf.tensor2d([[0], [3]]), logScale: tf.scalar(0.5) })),
    new MultivariateNormalDiag({ loc: tf.tensor2d([[0], [3]]), logScale: tf.scalar(0.5) }),
    new BatchBroadcast(new Independent(new Normal({ loc: tf.tensor2d([[0], [3]]), logScale: tf.scalar(0.5) })), [2]),
  ]) {
    expect(joint.quantile(p).shape).toEqual([2, 1]);
    expect(numbers(joint.quantile(p))).toEqual(numbers(events));
    expect(joint.cdf(events).shape).toEqual([2]);
    numbers(joint.cdf(events)).forEach((share, i) => expect(share).toBeCloseTo([0.1, 0.99][i]!, 6));
  }
});

test('uniform and standard normal: boxes of one number and of two', () => {
  const uniform = new Uniform({ dim: 1, low: -1, high: 3 });
  expect(numbers(uniform.cdf(tf.tensor2d([[-2], [-1], [0], [3], [9]])))).toEqual([0, 0, 0.25, 1, 1]);
  expect(numbers(uniform.survival(tf.tensor2d([[-2], [0], [9]])))).toEqual([1, 0.75, 0]);
  expect(numbers(uniform.quantile(tf.tensor1d([0, 0.25, 1])))).toEqual([-1, 0, 3]);
  expect(numbers(uniform.quantile(tf.tensor1d([-0.1, 1.1])))).toEqual([Number.NaN, Number.NaN]);
  expect(numbers(new Uniform({ dim: 2, low: 0, high: 1 }).cdf(tf.tensor1d([0.5, 0.25])))).toEqual([0.125]);
  expect(numbers(uniform.mode())).toEqual([1]);
  expect(numbers(uniform.logProb(tf.tensor2d([[-9], [Number.NaN]])))).toEqual([Number.NEGATIVE_INFINITY, Number.NaN]);
  const one = new StandardNormal(1);
  expect(one.cdf(tf.tensor2d([[0], [1]])).shape).toEqual([2]);
  expect(one.quantile(tf.tensor1d([0.5, 0.1, 0.2])).shape).toEqual([3, 1]);
  expect(numbers(new StandardNormal(2).cdf(tf.tensor1d([0, 0])))).toEqual([0.25]);
});

test('a flow of one number, given contexts: the slope of its distribution function is its density', () => {
  const rng = new Rng('flow');
  const flow = neuralSplineFlow({ dim: 1, contextDim: 2, layers: 2, hidden: [4], rng });
  tf.tidy(() => {
    for (const variable of flow.trainableVariables())
      variable.assign(tf.add(variable, tf.mul(rng.normalTensor(variable.shape), 0.4)));
  });
  const distribution = flow.given(rng.normalTensor([3, 2]));
  const p = tf.tensor2d([[1e-5], [0.2], [0.7], [0.999]]);
  const x = distribution.quantile(p);
  expect(x.shape).toEqual([4, 3, 1]);
  const [shares, rest] = [distribution.cdf(x).arraySync(), distribution.survival(x).arraySync()] as number[][][];
  [1e-5, 0.2, 0.7, 0.999].forEach((share, k) => {
    for (const value of shares![k]!) expect(Math.abs((value! as unknown as number) / share - 1)).toBeLessThan(2e-5);
    for (const value of rest![k]!)
      expect(Math.abs((value as unknown as number) / (1 - share) - 1)).toBeLessThan(share > 0.9 ? 3e-4 : 2e-5);
  });
  const slopes = numbers(tf.grad((at: tf.Tensor) => distribution.cdf(at))(x));
  numbers(tf.exp(distribution.logProb(x))).forEach((density, i) =>
    expect(Math.abs(slopes[i]! / density - 1)).toBeLessThan(1e-4),
  );
});

test('where there is none, an error says so', () => {
  const angles = new VonMises({ loc: tf.scalar(0), concentration: tf.scalar(1) });
  const base = new MultivariateNormalDiag({ loc: tf.zeros([2]), logScale: tf.scalar(0) });
  const vectors = new TransformedDistribution({ base, bijector: new Tanh() });
  const unit = new Uniform({ dim: 1, low: 0, high: 1 });
  const turned = new TransformedDistribution({ base: unit, bijector: new Sigmoid(), angles: true });
  const line = new Normal({ loc: tf.zeros([3]), logScale: tf.scalar(0) });
  const refused: [() => unknown, RegExp][] = [
    [() => angles.cdf(tf.scalar(0)), /^VonMises has no distribution function/],
    [() => angles.survival(tf.scalar(0)), /^VonMises has no distribution function/],
    [() => angles.quantile(tf.scalar(0.5)), /^VonMises has no quantile/],
    [() => vectors.cdf(tf.zeros([2])), /^TransformedDistribution has no distribution function/],
    [() => turned.quantile(tf.scalar(0.5)), /^TransformedDistribution has no quantile/],
    [() => base.quantile(tf.scalar(0.5)), /^MultivariateNormalDiag has no quantile: .*\[2\]/],
    [() => line.cdf(tf.zeros([2])), /^Normal\.cdf: got float32 of shape \[2\]/],
    [() => line.quantile(tf.zeros([3], 'int32')), /^Normal\.quantile: got int32/],
  ];
  for (const [call, message] of refused) expect(call).toThrow(message);
});
