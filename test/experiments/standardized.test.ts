import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { standardized } from '../../experiments/banana/standardized.ts';
import { STANDARD, TRUTH } from '../../experiments/banana/target.ts';
import { Flow, Identity } from '../../src/index.ts';

test('a flow that does nothing gives the data their mean and deviation', () => {
  const flow = standardized(new Flow({ dim: 2, bijector: new Identity() }), STANDARD);
  const noise = [
    [0, 0],
    [1, -2],
  ];
  const wanted = noise.map((row) => row.map((z, i) => TRUTH.mean[i]! + Math.sqrt(TRUTH.variance[i]!) * z));
  const given = flow.bijector.forward(tf.tensor2d(noise as [number, number][])).arraySync() as number[][];
  given.forEach((row, i) => row.forEach((value, j) => expect(value).toBeCloseTo(wanted[i]![j]!, 5)));
});
