import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { affineFamily, Conditioned, Shift, ShiftScale } from '../../src/bijectors/index.ts';
import {
  BatchBroadcast,
  type Distribution,
  MixtureSameFamily,
  MultivariateNormalDiag,
  MultivariateNormalTriL,
  StandardNormal,
  TransformedDistribution,
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
  ];
}

describe.each(everyKind([5, 3]).map((each, i) => [each.constructor.name, i] as const))('%s', (name, i) => {
  const distribution = everyKind([5, 3])[i]!;

  test('refuses values that are no batch of its events, and says what it wants', () => {
    for (const shape of [[], [1], [3], [5, 3], [5, 3, 1], [5, 3, 3], [5, 2], [4, 3, 2]]) {
      expect(() => distribution.logProb(tf.zeros(shape))).toThrow(
        new RegExp(
          `^${name}.logProb: wanted float32 of shape \\[..., 5, 3, 2\\], got float32 of shape \\[${shape.join(', ')}\\]$`,
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

test('parameters that do not fit are errors that say so', () => {
  expect(() => new MultivariateNormalDiag({ loc: tf.zeros([6, 1]), logScale: tf.zeros([6]) })).toThrow(
    'MultivariateNormalDiag: wanted loc [..., dim] and a logScale that broadcasts to it, got [6,1] and [6]',
  );
  expect(() => new MultivariateNormalDiag({ loc: tf.scalar(0), logScale: tf.scalar(0) })).toThrow('got [] and []');
  expect(() => new MultivariateNormalDiag({ loc: tf.zeros([4, 2]), logScale: tf.zeros([3, 2]) })).toThrow(
    'got [4,2] and [3,2]',
  );
  const two = tf.zeros([4, 2]);
  expect(() => new MultivariateNormalTriL({ loc: two, logDiagonal: two, offDiagonal: tf.zeros([3, 1]) })).toThrow(
    'got [4,2], [4,2] and [3,1]',
  );
  expect(() => new StandardNormal(1.5)).toThrow('StandardNormal: wanted a positive integer dim, got 1.5');
  expect(() => new Uniform({ dim: 0, low: 0, high: 1 })).toThrow('Uniform: wanted a positive integer dim, got 0');
  expect(() => new Uniform({ dim: 1, low: 0, high: Number.POSITIVE_INFINITY })).toThrow('wanted finite bounds');
  expect(() => new BatchBroadcast(new StandardNormal(2, [3]), [2])).toThrow(
    'BatchBroadcast: wanted a batch shape that [3] broadcasts to, got [2]',
  );
  const base = new StandardNormal(2, [3]);
  expect(() => new TransformedDistribution({ base, bijector: new Shift([1]) })).toThrow(
    'TransformedDistribution: wanted a base over vectors of 1 numbers, got event shape [2]',
  );
  expect(() => new TransformedDistribution({ base, bijector: new Shift(tf.zeros([4, 2])) })).toThrow(
    "TransformedDistribution: wanted a base whose batch shape broadcasts with the bijector's [4], got [3]",
  );
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

  test('a context is such a batch', () => {
    const bijector = new Conditioned({ dim: 2, contextDim: 1, family: affineFamily, rng: new Rng(0) });
    const distribution = new TransformedDistribution({
      base: new StandardNormal(2),
      bijector: bijector.given(tf.zeros([3, 1])),
    });
    expect(distribution.batchShape).toEqual([3]);
    const rows = distribution.sample(new Rng(0)).arraySync() as number[][];
    expect(new Set(rows.flat()).size).toBe(6);
  });
});
