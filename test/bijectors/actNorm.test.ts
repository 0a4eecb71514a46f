import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { ActNorm, initializeActNorms } from '../../src/bijectors/index.ts';
import { glow } from '../../src/flows/index.ts';
import { Rng } from '../../src/random.ts';

test('initialized by data: their noise has mean 0 and standard deviation 1', () => {
  const y = tf.add(tf.mul(new Rng('data').normalTensor([500, 2]), [3, 0.1]), [5, -2]);
  const norm = new ActNorm(2);
  norm.initialize(y);
  const { mean, variance } = tf.moments(norm.inverse(y), 0);
  mean.dataSync().forEach((value) => expect(value).toBeCloseTo(0, 4));
  variance.dataSync().forEach((value) => expect(value).toBeCloseTo(1, 4));
  norm.initialize(tf.ones([3, 2]));
  expect(
    norm
      .inverse(tf.ones([1, 2]))
      .dataSync()
      .every(Number.isFinite),
  ).toBe(true);
  expect(() => norm.initialize(tf.ones([3, 1]))).toThrow(/^ActNorm\.inverse: got .*, expected /);
});

test.each([0, 1])('in a flow, each by what arrives at it; contextDim %s', (contextDim) => {
  const flow = glow({ dim: 2, contextDim, hidden: [4], layers: 2, rng: new Rng(0) });
  const y = tf.add(tf.mul(new Rng('data').normalTensor([500, 2]), [30, 0.1]), [5, -2]);
  const context = contextDim === 0 ? undefined : new Rng('context').normalTensor([500, 1]);
  initializeActNorms(flow.bijector, y, context);
  const { mean, variance } = tf.moments(flow.bijector.given(context).inverse(y), 0);
  mean.dataSync().forEach((value) => expect(value).toBeCloseTo(0, 3));
  variance.dataSync().forEach((value) => expect(value).toBeCloseTo(1, 3));
});
