import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  affineFamily,
  type Bijector,
  Chain,
  Conditioned,
  Scale,
  Shift,
  ShiftScale,
  Tanh,
} from '../../src/bijectors/index.ts';
import {
  BatchBroadcast,
  Dirichlet,
  type Distribution,
  Independent,
  MixtureSameFamily,
  MultivariateNormalDiag,
  MultivariateNormalLowRank,
  MultivariateNormalTriL,
  Normal,
  StandardNormal,
  TransformedDistribution,
  TruncatedNormal,
  Uniform,
} from '../../src/distributions/index.ts';
import { Rng } from '../../src/random.ts';
import { normalLogPdf } from '../oracle/densities.ts';

/** Every distribution with the given batch, over vectors of two. */
function everyKind(batch: number[]): Distribution[] {
  const rng = new Rng('parameters');
  const numbers = (...event: number[]) => rng.normalTensor([...batch, ...event]);
  const normal = new MultivariateNormalDiag({ loc: numbers(2), logScale: numbers(2) });
  return [
    new StandardNormal(2, batch),
    new Uniform({ dim: 2, low: -9, high: 9, batchShape: batch }),
    normal,
    new MultivariateNormalTriL({ loc: numbers(2), logDiagonal: numbers(2), offDiagonal: numbers(1) }),
    new MixtureSameFamily({
      logits: numbers(3),
      components: new MultivariateNormalDiag({ loc: numbers(3, 2), logScale: numbers(3, 2) }),
    }),
    new TransformedDistribution({
      base: normal,
      bijector: new ShiftScale({ shift: numbers(2), logScale: numbers(1) }),
    }),
    new BatchBroadcast(new StandardNormal(2), batch),
    new MultivariateNormalLowRank({ loc: numbers(2), logScale: numbers(2), factor: numbers(2, 3) }),
    new Independent(new Normal({ loc: numbers(2), logScale: numbers(2) })),
    new Dirichlet({ concentration: tf.exp(numbers(2)) }),
  ];
}

describe.each(everyKind([5, 3]).map((each, i) => [each.constructor.name, i] as const))('%s', (name, i) => {
  const distribution = everyKind([5, 3])[i]!;

  test('refuses values that are no batch of its events, and says what it wants', () => {
    for (const shape of [[], [1], [3], [5, 3], [5, 3, 1], [5, 3, 3], [5, 2], [4, 3, 2]]) {
      expect(() => distribution.logProb(tf.zeros(shape))).toThrow(
        new RegExp(
          `^${name}.logProb: got float32 of shape \\[${shape.join(', ')}\\], ` +
            'expected float32 of shape \\[..., 5, 3, 2\\]$',
        ),
      );
    }
    expect(() => distribution.logProb(tf.zeros([5, 3, 2], 'int32'))).toThrow('got int32 of shape [5, 3, 2]');
  });

  test('values broadcast along the batch, and a result has the whole batch', () => {
    const x = new Rng('x').normalTensor([4, 5, 3, 2]);
    const whole = distribution.logProb(x);
    expect(whole.shape).toEqual([4, 5, 3]);
    const first = (shape: number[]) => tf.slice(x, [0, 0, 0, 0], [...shape, 2]);
    for (const part of [
      first([1, 1, 1]),
      first([4, 1, 3]),
      tf.reshape(first([1, 1, 3]), [3, 2]),
      tf.reshape(first([1, 1, 1]), [2]),
    ]) {
      const short = distribution.logProb(part);
      const long = distribution.logProb(tf.broadcastTo(part, [...part.shape.slice(0, -3), 5, 3, 2]));
      expect(short.shape).toEqual(long.shape);
      expect([...short.dataSync()]).toEqual([...long.dataSync()]);
    }
  });

  test('no batch, and a batch of none', () => {
    for (const batch of [[], [0], [2, 0]]) {
      const each = everyKind(batch)[i]!;
      const { sample, logProb } = each.sampleWithLogProb(new Rng(0));
      expect([sample.shape, logProb.shape]).toEqual([[...batch, 2], batch]);
      expect(each.logProb(sample).shape).toEqual(batch);
      expect(each.sample(new Rng(0), [0]).shape).toEqual([0, ...batch, 2]);
    }
  });
});

test('parameters that do not fit are errors', () => {
  const [two, scalar] = [tf.zeros([4, 2]), tf.scalar(0)];
  const normal = (loc: tf.Tensor, logScale: tf.Tensor) => new MultivariateNormalDiag({ loc, logScale });
  const triangular = (offDiagonal?: tf.Tensor) =>
    new MultivariateNormalTriL({ loc: two, logDiagonal: two, ...(offDiagonal && { offDiagonal }) });
  const mixture = (logits: tf.Tensor, batch: number[]) =>
    new MixtureSameFamily({ logits, components: new StandardNormal(2, batch) });
  const through = (base: Distribution, shift: tf.Tensor | number[]) =>
    new TransformedDistribution({ base, bijector: new Shift(shift) });
  const numbers = new Normal({ loc: tf.zeros([3]), logScale: scalar });
  const matrices = new Independent(new Normal({ loc: tf.zeros([3, 2]), logScale: scalar }), 2);
  const vectors = new Conditioned({ dim: 1, family: affineFamily, rng: new Rng(0) });
  const refused: [() => unknown, string][] = [
    [() => normal(tf.zeros([6, 1]), tf.zeros([6])), 'MultivariateNormalDiag: got [6,1] and [6]'],
    [() => normal(scalar, scalar), 'MultivariateNormalDiag: got [] and []'],
    [() => normal(two, tf.zeros([3, 2])), 'MultivariateNormalDiag: got [4,2] and [3,2]'],
    [() => triangular(tf.zeros([3, 1])), 'got [4,2], [4,2] and [3,1]'],
    [() => triangular(), 'got [4,2], [4,2] and none'],
    [() => new StandardNormal(1.5), 'StandardNormal: dim: got 1.5'],
    [() => new Uniform({ dim: 0, low: 0, high: 1 }), 'Uniform: dim: got 0'],
    [() => new Uniform({ dim: 1, low: 2, high: 1 }), 'Uniform: got [2, 1)'],
    [() => new Uniform({ dim: 1, low: 0, high: Number.POSITIVE_INFINITY }), 'expected finite bounds'],
    [() => new Uniform({ dim: 1, low: 1, high: 1 + 1e-9 }), 'expected finite bounds'],
    [() => new Uniform({ dim: 1, low: -3e38, high: 3e38 }), 'expected finite bounds'],
    [() => new TruncatedNormal({ loc: scalar, logScale: scalar, low: 2, high: 1 }), 'TruncatedNormal: got 2 and 1'],
    [() => new Dirichlet({ concentration: scalar }), 'Dirichlet: got float32 []'],
    [() => new Dirichlet({ concentration: tf.ones([4, 1]) }), 'Dirichlet: got float32 [4,1]'],
    [() => new Dirichlet({ concentration: tf.ones([4], 'int32') }), 'Dirichlet: got int32 [4]'],
    [() => mixture(tf.zeros([2, 0]), [2, 0]), 'MixtureSameFamily: got [2,0]'],
    [() => mixture(two, [4, 3]), 'got [4,3]'],
    [() => new Independent(numbers, 2), 'Independent: got '],
    [() => new Independent(numbers, -1), 'Independent: got '],
    [() => new Independent(numbers, 0.5), 'Independent: got '],
    [() => new BatchBroadcast(new StandardNormal(2, [3]), [2]), 'BatchBroadcast: got [2]'],
    [() => through(new StandardNormal(2, [3]), [1]), 'TransformedDistribution: got event shape [2]'],
    [() => through(new StandardNormal(2, [3]), two), 'TransformedDistribution: got [3]'],
    [() => through(matrices, two), 'TransformedDistribution: got event shape [3,2]'],
    [
      () => new TransformedDistribution({ base: numbers, bijector: vectors }),
      'TransformedDistribution: got event shape []',
    ],
  ];
  for (const [make, message] of refused) expect(make).toThrow(message);
});

describe('a bijector that is a batch of maps', () => {
  const shifts = [0, 10, 20];

  test.each([
    ['without a batch of its own', []],
    ['of batch 1', [1]],
  ])('a base %s gets a copy for each of them, drawn independently', (_, batch) => {
    const distribution = new TransformedDistribution({
      base: new StandardNormal(1, batch),
      bijector: new Shift(tf.tensor2d(shifts, [3, 1])),
    });
    expect(distribution.batchShape).toEqual([3]);
    const { sample, logProb } = distribution.sampleWithLogProb(new Rng(0), [4000]);
    expect([sample.shape, logProb.shape]).toEqual([
      [4000, 3, 1],
      [4000, 3],
    ]);
    const noise = tf.sub(tf.squeeze(sample, [2]), tf.tensor1d(shifts));
    const covariance = tf.div(tf.matMul(noise, noise, true), 4000).arraySync() as number[][];
    // Of 4,000 independent pairs: ± 0.016 off the diagonal and ± 0.022 on it (one standard error).
    covariance.forEach((row, i) =>
      row.forEach((value, j) => expect(Math.abs(value - (i === j ? 1 : 0))).toBeLessThan(0.09)),
    );
    const [x, log] = [sample.arraySync() as number[][][], logProb.arraySync() as number[][]];
    for (let i = 0; i < 20; i++)
      shifts.forEach((shift, k) => expect(log[i]![k]!).toBeCloseTo(normalLogPdf(x[i]![k]![0]!, shift, 1), 4));
  });

  test('copies and batches of the base keep their places', () => {
    const loc = tf.tensor([1, 2, 3, 4], [2, 1, 2, 1]);
    const base = new MultivariateNormalDiag({ loc, logScale: tf.scalar(-20) });
    const copies = new BatchBroadcast(base, [5, 2, 3, 2]);
    const { sample, logProb } = copies.sampleWithLogProb(new Rng(0), [4]);
    const wanted = tf.broadcastTo(loc, [4, 5, 2, 3, 2, 1]);
    expect(sample.shape).toEqual(wanted.shape);
    expect(tf.max(tf.abs(tf.sub(sample, wanted))).dataSync()[0]).toBeLessThan(1e-6);
    expect(logProb.shape).toEqual([4, 5, 2, 3, 2]);
    for (const moment of [copies.mean(), copies.mode()])
      expect(moment.arraySync()).toEqual(tf.broadcastTo(loc, [5, 2, 3, 2, 1]).arraySync());
    expect(copies.entropy().shape).toEqual([5, 2, 3, 2]);
    expect(copies.variance().shape).toEqual([5, 2, 3, 2, 1]);
  });
});

describe('events of other ranks', () => {
  const shifts = tf.tensor1d([0, 10, 20]);

  test('an elementwise bijector over numbers: its parameters are a batch of independent draws', () => {
    const base = new Normal({ loc: tf.scalar(0), logScale: tf.scalar(0) });
    const distribution = new TransformedDistribution({ base, bijector: new Shift(shifts) });
    expect([distribution.batchShape, distribution.eventShape]).toEqual([[3], []]);
    const { sample, logProb } = distribution.sampleWithLogProb(new Rng(0), [2000]);
    expect([sample.shape, logProb.shape]).toEqual([
      [2000, 3],
      [2000, 3],
    ]);
    const noise = tf.sub(sample, shifts);
    const covariance = tf.div(tf.matMul(noise, noise, true), 2000).arraySync() as number[][];
    covariance.forEach((row, i) =>
      row.forEach((value, j) => expect(Math.abs(value - (i === j ? 1 : 0))).toBeLessThan(0.13)),
    );
    const got = distribution.logProb(tf.scalar(9)).dataSync();
    [0, 10, 20].forEach((shift, i) => expect(got[i]).toBeCloseTo(normalLogPdf(9, shift, 1), 3));
  });

  test('over matrices, log-determinants are summed over the whole event', () => {
    const base = new Independent(new Normal({ loc: tf.zeros([4, 3, 2]), logScale: tf.scalar(0) }), 2);
    const logScale = tf.tensor1d([0.5, -1]);
    const distribution = new TransformedDistribution({ base, bijector: new ShiftScale({ logScale }) });
    expect([distribution.batchShape, distribution.eventShape]).toEqual([[4], [3, 2]]);
    const { sample, logProb } = distribution.sampleWithLogProb(new Rng(0), [5]);
    const wanted = new MultivariateNormalDiag({ loc: tf.zeros([2]), logScale }).logProb(sample);
    const gap = tf.max(tf.abs(tf.sub(logProb, tf.sum(wanted, -1)))).dataSync()[0];
    expect(gap).toBeLessThan(1e-5);
    const again = tf.max(tf.abs(tf.sub(logProb, distribution.logProb(sample)))).dataSync()[0];
    expect(again).toBeLessThan(1e-5);
  });

  test('a mixture over numbers, and one over matrices', () => {
    const logits = tf.tensor1d([0, Math.log(3)]);
    const loc = tf.tensor1d([-2, 4]);
    const numbers = new MixtureSameFamily({ logits, components: new Normal({ loc, logScale: tf.scalar(0) }) });
    expect([numbers.batchShape, numbers.eventShape]).toEqual([[], []]);
    const wanted = Math.log(0.25 * Math.exp(normalLogPdf(1, -2, 1)) + 0.75 * Math.exp(normalLogPdf(1, 4, 1)));
    expect(numbers.logProb(tf.scalar(1)).dataSync()[0]).toBeCloseTo(wanted, 5);
    expect(numbers.mean().dataSync()[0]).toBeCloseTo(2.5, 5);
    expect(numbers.variance().dataSync()[0]).toBeCloseTo(1 + 0.25 * 0.75 * 36, 4);
    const matrices = new MixtureSameFamily({
      logits,
      components: new Independent(new Normal({ loc: tf.zeros([2, 3, 2]), logScale: tf.scalar(0) }), 2),
    });
    expect(matrices.sample(new Rng(0), [5]).shape).toEqual([5, 3, 2]);
    expect(matrices.logProb(tf.zeros([5, 3, 2])).dataSync()[0]).toBeCloseTo(6 * normalLogPdf(0, 0, 1), 4);
    expect([matrices.mean().shape, matrices.variance().shape]).toEqual([
      [3, 2],
      [3, 2],
    ]);
  });

  test('Independent: the axes of the batch come before those of the event, and entropies are summed over them', () => {
    const rows = new MultivariateNormalDiag({ loc: tf.zeros([2, 3, 4]), logScale: tf.zeros([4]) });
    const whole = new Independent(rows, 1);
    expect([whole.batchShape, whole.eventShape]).toEqual([[2], [3, 4]]);
    const entropy = 12 * 0.5 * Math.log(2 * Math.PI * Math.E);
    for (const value of whole.entropy().dataSync()) expect(value).toBeCloseTo(entropy, 4);
    expect(whole.entropy().shape).toEqual([2]);
  });
});

describe('the mode of what a bijector maps', () => {
  const normal = new MultivariateNormalDiag({ loc: tf.tensor1d([0.5, -2]), logScale: tf.tensor1d([0.3, -1]) });
  const image = (bijector: Bijector, base: Distribution = normal) => new TransformedDistribution({ base, bijector });

  test('is the image of the mode where the Jacobian is constant, with its log-density', () => {
    const once = image(new ShiftScale({ shift: [1, -1], scale: [-2, 0.5] }));
    const twice = image(new Chain([new Scale([3, 1]), new Shift(4)]), once);
    for (const [distribution, mode] of [
      [once, [0, -2]],
      [twice, [12, 2]],
      [new BatchBroadcast(twice, [3]), [12, 2, 12, 2, 12, 2]],
    ] as const) {
      expect(distribution.hasMode).toBe(true);
      [...distribution.mode().dataSync()].forEach((x, i) => expect(x).toBeCloseTo(mode[i]!, 5));
      // log N at its mean, less the logarithms of the scales.
      const scales = distribution === once ? 0 : Math.log(3);
      const wanted = -Math.log(2 * Math.PI) - 0.3 + 1 - scales;
      for (const logProb of distribution.modeLogProb().dataSync()) expect(logProb).toBeCloseTo(wanted, 5);
    }
  });

  test('is not known where the Jacobian is not constant, or that of the base is not known', () => {
    const mixture = new MixtureSameFamily({
      logits: tf.zeros([2]),
      components: new MultivariateNormalDiag({ loc: tf.zeros([2, 2]), logScale: tf.zeros([2, 2]) }),
    });
    for (const distribution of [image(new Tanh()), image(new Shift(1), mixture), new BatchBroadcast(mixture, [3])]) {
      expect(distribution.hasMode).toBe(false);
      for (const ask of [() => distribution.mode(), () => distribution.modeLogProb()]) {
        expect(ask).toThrow(/has no mode in closed form$/);
      }
    }
  });
});
