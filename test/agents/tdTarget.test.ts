import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { tdTarget } from '../../agents/core/critics.ts';

const batch = {
  rewards: tf.tensor1d([1, -2, 0.5]),
  terminations: tf.tensor1d([0, 1, 0]),
  discounts: tf.tensor1d([0.75, 0.75, 0.5]),
};

test('y = r + γ V(s′) with the discount of the row, without V(s′) after a termination', () => {
  const targets = tdTarget(batch, tf.tensor1d([4, 100, -2])).dataSync();
  expect([...targets]).toEqual([4, -2, -0.5]);
});

test('several values of a row have its reward and its discount', () => {
  const values = [
    [4, 8],
    [100, 1],
    [-2, 6],
  ];
  const targets = tdTarget(batch, tf.tensor2d(values)).arraySync();
  expect(targets).toEqual([
    [4, 7],
    [-2, -2],
    [-0.5, 3.5],
  ]);
});
