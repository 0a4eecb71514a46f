import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { soften } from '../../agents/core/rollout.ts';
import { clippedValueLoss } from '../../agents/core/valueFunction.ts';
import { gradient } from '../oracle/calculus.ts';

const value = [1, 2, -1, 0.3, 5];
const oldValue = [0.9, 1, 0, 0.3, 4];
const returns = [2, 0, 3, 1, 9];

test.each([undefined, 0.5])('value and gradient agree with plain numbers, clip %s', (clip) => {
  const loss = (values: number[]): number =>
    values.reduce((sum, v, i) => {
      const squared = (x: number) => (x - returns[i]!) ** 2;
      const clipped = oldValue[i]! + Math.min(Math.max(v - oldValue[i]!, -clip!), clip!);
      return sum + (clip === undefined ? squared(v) : Math.max(squared(v), squared(clipped)));
    }, 0) / values.length;
  const { value: found, grad } = tf.valueAndGrad((x: tf.Tensor) =>
    clippedValueLoss(x, { oldValues: tf.tensor1d(oldValue), returns: tf.tensor1d(returns), clip }),
  )(tf.tensor1d(value));
  expect(found.dataSync()[0]).toBeCloseTo(loss(value), 5);
  const expected = gradient(loss, value);
  grad.dataSync().forEach((entry, i) => expect(entry).toBeCloseTo(expected[i]!, 4));
});

test('a clip takes the gradient where a value has moved further than it towards its target', () => {
  const at = (x: number) =>
    tf
      .grad((v: tf.Tensor) =>
        clippedValueLoss(v, { oldValues: tf.tensor1d([0]), returns: tf.tensor1d([10]), clip: 1 }),
      )(tf.tensor1d([x]))
      .dataSync()[0]!;
  expect(at(0.5)).toBeCloseTo(-19, 4);
  expect(Math.abs(at(2))).toBe(0);
  expect(at(-2)).toBeCloseTo(-24, 4);
});

test('soft rewards: r − τ (log π + H₀)', () => {
  const rewards = Float32Array.of(1, -2, 0);
  soften({ rewards, logProbs: Float32Array.of(-1, 2, 0.5) }, 0.5, 2);
  expect([...rewards]).toEqual([0.5, -4, -1.25]);
});
