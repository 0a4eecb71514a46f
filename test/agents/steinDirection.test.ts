import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { steinDirection } from '../../agents/softQLearning.ts';
import { Rng } from '../../src/index.ts';
import { wrapAngle } from '../../src/nn/tensors.ts';
import { stein } from '../oracle/stein.ts';

test('the direction is the one that is summed particle by particle in float64', () => {
  const rng = new Rng(0);
  const [batch, count, dim] = [3, 5, 2];
  const draw = () =>
    Array.from({ length: batch }, () => Array.from({ length: count }, () => [rng.normal(), rng.normal(1, 2)]));
  const [particles, scores] = [draw(), draw()];
  const got = tf.tidy(() => steinDirection(tf.tensor3d(particles), tf.tensor3d(scores)).arraySync()) as number[][][];
  for (let row = 0; row < batch; row++) {
    const wanted = stein(particles[row]!, scores[row]!);
    for (let i = 0; i < count; i++) {
      for (let k = 0; k < dim; k++) expect(got[row]![i]![k]).toBeCloseTo(wanted[i]![k]!, 5);
    }
  }
});

test('two particles on a flat density part: the kernel between them is ¼, and they move by d κ / h', () => {
  // d² = 1, of which half are in the mean, so h = ½ / log 2 and κ = exp(−1 / h) = ¼.
  const got = tf.tidy(() => steinDirection(tf.tensor3d([[[0], [1]]]), tf.zeros([1, 2, 1])).dataSync());
  const move = 0.25 / (0.5 / Math.LN2);
  expect(got[0]).toBeCloseTo(-move, 6);
  expect(got[1]).toBeCloseTo(move, 6);
});

test('particles in one place move by their mean score', () => {
  const got = tf.tidy(() => steinDirection(tf.ones([1, 4, 1]), tf.tensor3d([[[1], [2], [3], [6]]])).dataSync());
  for (const move of got) expect(move).toBeCloseTo(3, 6);
});

test('two angles on both sides of ±π part across the seam, as two beside each other do', () => {
  const direction = (at: number[]) =>
    tf.tidy(() => steinDirection(tf.tensor3d([at.map((x) => [x])]), tf.zeros([1, 2, 1]), wrapAngle).dataSync());
  const [wanted, got] = [direction([-0.25, 0.25]), direction([Math.PI - 0.25, -Math.PI + 0.25])];
  expect(wanted[0]).toBeLessThan(-0.1);
  for (const i of [0, 1]) expect(got[i]).toBeCloseTo(wanted[i]!, 5);
});
