import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { BANANA, BANANA_STANDARD, standardized } from '../../src/flows/planeDensities.ts';
import { Flow, Identity } from '../../src/index.ts';

test('a flow that does nothing gives the data their mean and deviation', () => {
  const flow = standardized(new Flow({ dim: 2, bijector: new Identity() }), BANANA_STANDARD);
  const noise = [
    [0, 0],
    [1, -2],
  ];
  const wanted = noise.map((row) => row.map((z, i) => BANANA.mean[i]! + Math.sqrt(BANANA.variance[i]!) * z));
  const given = flow.bijector.forward(tf.tensor2d(noise as [number, number][])).arraySync() as number[][];
  given.forEach((row, i) => row.forEach((value, j) => expect(value).toBeCloseTo(wanted[i]![j]!, 5)));
});
