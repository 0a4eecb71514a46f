import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { damagedRuns } from '../../support/damagedOnnx.ts';

test('damaged files give one line, or run; nothing else happens', () => {
  const before = tf.memory().numTensors;
  const { ran, refused } = damagedRuns(600, 'damaged');
  expect(ran + refused).toBe(600);
  // Numbers of weights may be any; what is changed elsewhere is noticed.
  expect(refused).toBeGreaterThan(250);
  expect(ran).toBeGreaterThan(50);
  expect(tf.memory().numTensors).toBe(before);
});
