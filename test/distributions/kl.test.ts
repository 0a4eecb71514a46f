import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Chain, Exp, ShiftScale } from '../../src/bijectors/index.ts';
import {
  BatchBroadcast,
  Beta,
  Categorical,
  Cauchy,
  Dirichlet,
  type Distribution,
  Exponential,
  Gamma,
  Gumbel,
  Independent,
  kl,
  klEstimate,
  Laplace,
  Logistic,
  LogNormal,
  MultivariateNormalDiag,
  MultivariateNormalLowRank,
  MultivariateNormalTriL,
  Normal,
  OneHotCategorical,
  StandardNormal,
  TransformedDistribution,
  TruncatedNormal,
  Uniform,
  VonMises,
} from '../../src/distributions/index.ts';
import { compile } from '../../src/engine/index.ts';
import { Rng } from '../../src/random.ts';
import { expectCompiledAsEager } from './compiledAsEager.ts';

const BATCH = 3;
const rng = new Rng('kl');
const some = (...shape: number[]) => tf.mul(rng.normalTensor([BATCH, ...shape]), 0.4);
const positive = () => tf.exp(some());
const normal = () => new Normal({ loc: some(), logScale: some() });
const bijector = new Chain([new Exp(), new ShiftScale({ shift: 0.3, scale: 2 })]);
const multivariate: Record<string, () => Distribution> = {
  StandardNormal: () => new StandardNormal(3, [BATCH]),
  Diag: () => new MultivariateNormalDiag({ loc: some(3), logScale: some(3) }),
  TriL: () => new MultivariateNormalTriL({ loc: some(3), logDiagonal: some(3), offDiagonal: some(3) }),
  LowRank: () => new MultivariateNormalLowRank({ loc: some(3), logScale: some(3), factor: some(3, 2) }),
};
const scalar: Record<string, () => Distribution> = {
  Normal: normal,
  LogNormal: () => new LogNormal({ loc: some(), logScale: some() }),
  Exponential: () => new Exponential({ logRate: some() }),
  Gumbel: () => new Gumbel({ loc: some(), logScale: some() }),
  Laplace: () => new Laplace({ loc: some(), logScale: some() }),
  Cauchy: () => new Cauchy({ loc: some(), logScale: some() }),
  'TruncatedNormal within one pair of bounds': () =>
    new TruncatedNormal({ loc: some(), logScale: some(), low: -0.5, high: 1 }),
  Beta: () => new Beta({ concentration1: tf.mul(positive(), 2), concentration0: tf.mul(positive(), 3) }),
  Gamma: () => new Gamma({ concentration: tf.mul(positive(), 2), logRate: some() }),
  Dirichlet: () => new Dirichlet({ concentration: tf.exp(some(3)) }),
  VonMises: () => new VonMises({ loc: some(), concentration: positive() }),
  Categorical: () => new Categorical({ logits: some(4) }),
  OneHotCategorical: () => new OneHotCategorical({ logits: some(4) }),
  'Independent of Normal': () => new Independent(new Normal({ loc: some(2), logScale: some(2) })),
  'TransformedDistribution by one bijector': () =>
    new TransformedDistribution({ base: new MultivariateNormalDiag({ loc: some(2), logScale: some(2) }), bijector }),
};
const pairs: [name: string, p: Distribution, q: Distribution][] = [
  ...Object.entries(scalar).map(([name, make]): [string, Distribution, Distribution] => [name, make(), make()]),
  ...Object.keys(multivariate).flatMap((a) =>
    Object.keys(multivariate).map((b): [string, Distribution, Distribution] => [
      `${a}, ${b}`,
      multivariate[a]!(),
      multivariate[b]!(),
    ]),
  ),
];

describe.each(pairs)('kl of %s', (_, p, q) => {
  test('lies within four standard errors of its estimate', () => {
    const exact = kl(p, q);
    const { value, standardError } = klEstimate(p, q, new Rng(0), 4000);
    expect(exact.shape).toEqual([BATCH]);
    const [wanted, error] = [value.dataSync(), standardError.dataSync()];
    exact.dataSync().forEach((entry, i) => {
      expect(entry).toBeGreaterThan(-1e-6);
      expect(Math.abs(entry - wanted[i]!)).toBeLessThan(4.5 * error[i]! + 1e-5);
    });
  });

  test('is 0 from a distribution to itself', () => {
    for (const value of kl(p, p).dataSync()) expect(Math.abs(value)).toBeLessThan(2e-6);
  });
});

/** As many distributions as an integral has nodes, of another batch than theirs is. */
const NODES = 22;

test.each([3, NODES])('from one distribution to a batch of %d, and back: each of them by itself', (count) => {
  const locs = Array.from({ length: count }, (_, i) => (i + 1) / count - 0.6);
  const make = (loc: number | number[], Kind: typeof Normal | typeof TruncatedNormal) =>
    new Kind({
      loc: tf.tensor(loc),
      logScale: tf.scalar(-0.3),
      ...(Kind === TruncatedNormal && { low: -0.5, high: 1 }),
    } as never);
  for (const Kind of [Normal, TruncatedNormal]) {
    const [one, several] = [make(0.3, Kind), make(locs, Kind)];
    for (const [p, q, each] of [
      [one, several, locs.map((loc) => kl(one, make(loc, Kind)))],
      [several, one, locs.map((loc) => kl(make(loc, Kind), one))],
    ] as const) {
      const exact = kl(p, q);
      expect(exact.shape).toEqual([count]);
      const values = [...exact.dataSync()];
      each.forEach((wanted, i) => expect(Math.abs(values[i]! - wanted.dataSync()[0]!)).toBeLessThan(2e-6));
      // As many draws as distributions: an axis of the ones is none of the others.
      expect(klEstimate(p, q, new Rng(0), count).value.shape).toEqual([count]);
      const { value, standardError } = klEstimate(p, q, new Rng(0), 500);
      const [estimates, errors] = [value.dataSync(), standardError.dataSync()];
      values.forEach((wanted, i) => expect(Math.abs(estimates[i]! - wanted)).toBeLessThan(6 * errors[i]! + 1e-5));
    }
  }
});

test('near distributions: no cancellation', () => {
  const make = (logScale: number) => new Normal({ loc: tf.scalar(1000), logScale: tf.scalar(logScale) });
  // KL ≈ δ².
  expect(Math.abs(kl(make(0.01), make(0)).dataSync()[0]! / 1e-4 - 1)).toBeLessThan(0.02);
});

test('uniforms: the logarithm of the quotient of the volumes, or ∞', () => {
  const make = (low: number, high: number) => new Uniform({ dim: 2, low, high, batchShape: [2] });
  expect([...kl(make(0, 1), make(-1, 3)).dataSync()]).toEqual([
    Math.fround(2 * Math.log(4)),
    Math.fround(2 * Math.log(4)),
  ]);
  expect(kl(make(-1, 3), make(0, 1)).dataSync()[0]).toBe(Number.POSITIVE_INFINITY);
});

test('categoricals, eager and compiled: infinite in the rows where p draws what q never does, with gradient 0 there', () => {
  const no = Number.NEGATIVE_INFINITY;
  const p = [
    [0, no, 1],
    [0, 0.2, 1],
    [no, no, 0],
    [-200, 0, 0],
  ];
  const q = [
    [0.5, no, 0],
    [0.5, no, 0],
    [0, 0, no],
    [-150, 0, 1],
  ];
  const values = ({ a, b }: { a: tf.Tensor; b: tf.Tensor }) =>
    kl(new Categorical({ logits: a }), new OneHotCategorical({ logits: b }).categorical);
  const run = (inputs: { a: tf.Tensor; b: tf.Tensor }) => {
    const [byP, byQ] = tf.grads((a: tf.Tensor, b: tf.Tensor) => values({ a, b }))([inputs.a, inputs.b]);
    return { value: values(inputs), byP: byP!, byQ: byQ! };
  };
  const compiled = compile(run, { name: 'categoricals', state: [] });
  for (const each of [run, compiled]) {
    const { value, byP, byQ } = each({ a: tf.tensor2d(p), b: tf.tensor2d(q) });
    const [first, second, third, last] = value.dataSync();
    const share = 1 / (1 + Math.E);
    const logShares = [0.5 - Math.log(Math.exp(0.5) + 1), -Math.log(Math.exp(0.5) + 1)];
    const wanted = share * (Math.log(share) - logShares[0]!) + (1 - share) * (Math.log(1 - share) - logShares[1]!);
    expect(first).toBeCloseTo(wanted, 5);
    expect([second, third]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect(last).toBeCloseTo(-Math.LN2 - 0.5 + Math.log(1 + Math.E), 5);
    for (const slopes of [byP, byQ]) {
      const rows = slopes.arraySync() as number[][];
      expect(rows.flat().every(Number.isFinite)).toBe(true);
      expect([...rows[1]!, ...rows[2]!].every((slope) => slope === 0)).toBe(true);
      expect(rows[0]![0]).not.toBe(0);
    }
  }
  compiled.dispose();
});

test('batches broadcast, of copies too', () => {
  const one = new MultivariateNormalTriL({
    loc: tf.zeros([2]),
    logDiagonal: tf.zeros([2]),
    offDiagonal: tf.tensor1d([0.3]),
  });
  const many = new MultivariateNormalDiag({
    loc: tf.tensor2d([
      [1, 0],
      [0, 2],
      [3, 3],
    ]),
    logScale: tf.scalar(0.2),
  });
  const [forth, back] = [kl(one, many), kl(many, one)];
  expect([forth.shape, back.shape]).toEqual([[3], [3]]);
  for (let i = 0; i < 3; i++) {
    const each = new MultivariateNormalDiag({
      loc: tf.reshape(tf.slice(many.loc, [i, 0], [1, 2]), [2]),
      logScale: many.logScale,
    });
    expect(forth.dataSync()[i]).toBeCloseTo(kl(one, each).dataSync()[0]!, 5);
    expect(back.dataSync()[i]).toBeCloseTo(kl(each, one).dataSync()[0]!, 5);
  }
  const copies = new BatchBroadcast(one, [4]);
  expect([...kl(copies, copies).dataSync()].every((value) => Math.abs(value) < 1e-5)).toBe(true);
  expect(kl(copies, one).shape).toEqual([4]);
});

test('no closed form, other events or batches are errors', () => {
  const logistic = new Logistic({ loc: tf.zeros([BATCH]), logScale: tf.scalar(0) });
  const two = new Normal({ loc: tf.zeros([2]), logScale: tf.scalar(0) });
  const within = (high: number) => new TruncatedNormal({ loc: tf.scalar(0), logScale: tf.scalar(0), low: 0, high });
  const refused: [() => unknown, RegExp][] = [
    [() => kl(normal(), logistic), /^kl: there is no closed form for Normal and Logistic/],
    [() => kl(within(1), within(2)), /^kl: there is no closed form for TruncatedNormal and TruncatedNormal/],
    [() => kl(normal(), new StandardNormal(2)), /^kl: got events \[\] and \[2\]/],
    [() => klEstimate(normal(), two, new Rng(0)), /^klEstimate: got events .* batches \[3\] and \[2\]/],
    [() => klEstimate(normal(), logistic, new Rng(0), 1), /^klEstimate: got 1/],
  ];
  for (const [call, message] of refused) expect(call).toThrow(message);
});

test('compiled as eager, with gradients: a low-rank normal and its divergences', () => {
  const run = (inputs: { loc: tf.Tensor; factor: tf.Tensor; below: tf.Tensor }, noise: Rng) => {
    const through = (loc: tf.Tensor, factor: tf.Tensor, below: tf.Tensor) => {
      const p = new MultivariateNormalLowRank({ loc, logScale: tf.scalar(-0.3), factor });
      const q = new MultivariateNormalTriL({
        loc: tf.zerosLike(loc),
        logDiagonal: tf.zerosLike(loc),
        offDiagonal: below,
      });
      const { sample, logProb } = p.sampleWithLogProb(noise, [4]);
      const divergences = tf.add(tf.sum(kl(p, q)), tf.sum(kl(q, p)));
      return tf.add(divergences, tf.add(tf.sum(tf.square(sample)), tf.sum(logProb)));
    };
    const [loc, factor, below] = tf.grads(through)([inputs.loc, inputs.factor, inputs.below]);
    return { value: through(inputs.loc, inputs.factor, inputs.below), loc: loc!, factor: factor!, below: below! };
  };
  const inputs = { loc: some(3), factor: some(3, 2), below: some(3) };
  expectCompiledAsEager(run, inputs, () => 1e-4);
});

test('two Laplace and two Cauchy distributions, by their formulas; near ones do not cancel', () => {
  const [loc, scale, other, otherScale] = [1, 0.5, -2, 3];
  const make = (type: typeof Laplace | typeof Cauchy, at: number, size: number) =>
    new type({ loc: tf.scalar(at), logScale: tf.scalar(Math.log(size)) });
  const value = (type: typeof Laplace | typeof Cauchy, ...of: [number, number, number, number]) =>
    kl(make(type, of[0], of[1]), make(type, of[2], of[3])).dataSync()[0]!;
  const apart = Math.abs(loc - other);
  const laplace = Math.log(otherScale / scale) + (scale * Math.exp(-apart / scale) + apart) / otherScale - 1;
  expect(value(Laplace, loc, scale, other, otherScale)).toBeCloseTo(laplace, 5);
  const cauchy = Math.log(((scale + otherScale) ** 2 + apart ** 2) / (4 * scale * otherScale));
  expect(value(Cauchy, loc, scale, other, otherScale)).toBeCloseTo(cauchy, 5);
  // δ²/2 and δ²/4 for scales that differ by a factor e^δ.
  expect(value(Laplace, 0, Math.exp(0.01), 0, 1) / (Math.expm1(0.01) - 0.01)).toBeCloseTo(1, 2);
  expect(value(Cauchy, 0, Math.exp(0.01), 0, 1) / Math.log1p(Math.sinh(0.005) ** 2)).toBeCloseTo(1, 3);
});
