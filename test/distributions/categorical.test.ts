import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Categorical } from '../../src/distributions/index.ts';
import { compile } from '../../src/engine/index.ts';
import { Rng } from '../../src/random.ts';
import { gradient } from '../oracle/calculus.ts';

const LOGITS = [
  [0.3, -1, 2, 0],
  [-2, 1.5, 0.1, 4],
];

function probabilities(logits: readonly number[]): number[] {
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  return logits.map((logit) => Math.exp(logit) / total);
}

const ends = {
  eager: (fn: (logits: tf.Tensor) => tf.Tensor) => fn(tf.tensor2d(LOGITS)),
  compiled: (fn: (logits: tf.Tensor) => tf.Tensor) =>
    compile(({ logits }: { logits: tf.Tensor }) => ({ y: fn(logits) }), { name: 'categorical', state: [] })({
      logits: tf.tensor2d(LOGITS),
    }).y,
};

describe.each(Object.entries(ends))('Categorical, %s', (_, run) => {
  test('log-probability, entropy and mode agree with plain numbers, and so do their gradients', () => {
    const x = [2, 1];
    const logProb = (logits: tf.Tensor) => new Categorical({ logits }).logProb(tf.tensor1d(x));
    const entropy = (logits: tf.Tensor) => new Categorical({ logits }).entropy();
    const plain: [(logits: tf.Tensor) => tf.Tensor, (logits: number[], row: number) => number][] = [
      [logProb, (logits, row) => Math.log(probabilities(logits)[x[row]!]!)],
      [entropy, (logits) => -probabilities(logits).reduce((sum, p) => sum + p * Math.log(p), 0)],
    ];
    for (const [ours, wanted] of plain) {
      run(ours)
        .dataSync()
        .forEach((value, row) => expect(value).toBeCloseTo(wanted(LOGITS[row]!, row), 5));
      const slopes = run(tf.grad(ours)).arraySync() as number[][];
      LOGITS.forEach((logits, row) => {
        gradient((at) => wanted(at, row), logits).forEach((slope, k) => expect(slopes[row]![k]).toBeCloseTo(slope, 5));
      });
    }
    expect([...run((logits) => new Categorical({ logits }).mode()).dataSync()]).toEqual([2, 3]);
  });
});

describe.each(Object.entries(ends))('what is no category, %s', (_, run) => {
  test('has log-probability −∞ and gradient 0; beside it the others are the sum that they were, to the bit', () => {
    const others = [-1, 4, 0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e9];
    const at = (logits: tf.Tensor, k: number) => new Categorical({ logits }).logProb(tf.tensor1d([k, 1]));
    const bits = (values: tf.Tensor) => [...new Uint32Array(Float32Array.from(values.dataSync()).buffer)];
    for (const other of others) {
      const [value, beside] = run((logits) => at(logits, other)).dataSync();
      expect(value).toBe(Number.NEGATIVE_INFINITY);
      expect(Number.isFinite(beside)).toBe(true);
      const slopes = run(tf.grad((logits) => at(logits, other))).arraySync() as number[][];
      expect(slopes[0]!.every((slope) => slope === 0)).toBe(true);
      expect(slopes[1]!.every((slope) => Number.isFinite(slope) && slope !== 0)).toBe(true);
    }
    for (let k = 0; k < 4; k++) {
      const chosen = () => tf.cast(tf.equal(tf.tensor2d([[k], [1]]), tf.range(0, 4, 1, 'float32')), 'float32');
      const before = (logits: tf.Tensor) => {
        const least = -((2 - 2 ** -23) * 2 ** 127);
        return tf.sum(tf.mul(chosen(), tf.maximum(tf.logSoftmax(logits), least)), -1);
      };
      const now = (logits: tf.Tensor) => at(logits, k);
      expect(bits(run(now))).toEqual(bits(run(before)));
      expect(bits(run(tf.grad(now)))).toEqual(bits(run(tf.grad(before))));
    }
  });
});

test('draws have the probabilities, in every row and sample shape', () => {
  const count = 40_000;
  const draws = new Categorical({ logits: tf.tensor2d(LOGITS) }).sample(new Rng(0), [count]);
  expect(draws.shape).toEqual([count, 2]);
  const frequencies = LOGITS.map((logits) => logits.map(() => 0));
  draws.dataSync().forEach((k, i) => {
    frequencies[i % 2]![k]! += 1 / count;
  });
  LOGITS.forEach((logits, row) => {
    probabilities(logits).forEach((p, k) => {
      expect(Math.abs(frequencies[row]![k]! - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / count));
    });
  });
});

test('a category of logit −∞ is never drawn, and makes no NaN', () => {
  const logits = tf.tensor1d([Number.NEGATIVE_INFINITY, 0, Number.NEGATIVE_INFINITY, 1]);
  const distribution = new Categorical({ logits });
  expect(new Set(distribution.sample(new Rng(0), [2000]).dataSync())).toEqual(new Set([1, 3]));
  expect(distribution.entropy().dataSync()[0]).toBeCloseTo(0.5822, 3);
  for (const k of [0, 1, 3]) {
    const slopes = tf
      .grad((x: tf.Tensor) => new Categorical({ logits: x }).logProb(tf.scalar(k)))(logits)
      .dataSync();
    expect(slopes.every(Number.isFinite)).toBe(true);
  }
  expect(Number.isFinite(distribution.logProb(tf.scalar(0)).dataSync()[0])).toBe(true);
});

test('what is no logits is refused', () => {
  expect(() => new Categorical({ logits: tf.scalar(1) })).toThrow('Categorical: got [], expected logits [..., n]');
});
