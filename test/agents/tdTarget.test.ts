import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { tdTarget } from '../../agents/common/tdTarget.ts';

test('y = r + γ V(s′), without V(s′) after a termination', () => {
  const batch = { rewards: tf.tensor1d([1, -2, 0.5]), terminations: tf.tensor1d([0, 1, 0]) };
  const targets = tdTarget(batch, tf.tensor1d([4, 100, -2]), 0.75).dataSync();
  expect([...targets]).toEqual([4, -2, -1]);
});
