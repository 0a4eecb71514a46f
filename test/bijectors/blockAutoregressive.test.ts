import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { BlockAutoregressive } from '../../src/bijectors/index.ts';
import { Rng } from '../../src/random.ts';
import { perturb } from '../support/perturb.ts';

test.each(['forward', 'inverse'] as const)('no number depends on those after it, %s', (direction) => {
  const layer = perturb(new BlockAutoregressive({ dim: 3, hidden: [7, 6], rng: new Rng(0) }), new Rng(1), 0.5);
  for (let i = 0; i < 3; i++) {
    const ofNumber = tf.grad((x) => tf.sum(tf.slice(layer[direction](x as tf.Tensor2D), [0, i], [-1, 1])));
    const [slopes] = ofNumber(new Rng(2).normalTensor([1, 3])).arraySync() as number[][];
    slopes!.forEach((slope, j) => {
      if (j > i) expect(slope).toBe(0);
      else expect(Math.abs(slope)).toBeGreaterThan(0);
    });
  }
});

test('onto all numbers: what lies beyond the bends of tanh is reached, too', () => {
  const layer = perturb(new BlockAutoregressive({ dim: 2, hidden: [6], rng: new Rng(0) }), new Rng(1), 1);
  const far = tf.tensor2d([
    [-1000, 1000],
    [300, -50],
  ]);
  const back = layer.inverse(layer.forward(far)).dataSync();
  far.dataSync().forEach((value, i) => expect(Math.abs(back[i]! / value - 1)).toBeLessThan(1e-4));
});

test('says what it cannot be made of', () => {
  const rng = new Rng(0);
  expect(() => new BlockAutoregressive({ dim: 2, hidden: [], rng })).toThrow(
    'BlockAutoregressive: got none, expected at least one hidden layer',
  );
  expect(() => new BlockAutoregressive({ dim: 0, rng })).toThrow('dim: got 0, expected a positive integer');
});
