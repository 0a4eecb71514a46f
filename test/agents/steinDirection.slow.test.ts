import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { steinDirection } from '../../agents/softQLearning.ts';
import { Rng } from '../../src/index.ts';

test('particles that follow it become samples of the density: of two normals at ±2 mean, variance and halves', () => {
  const count = 40;
  const rng = new Rng(1);
  const score = (u: number) => {
    const [left, right] = [-2, 2].map((center) => Math.exp(-2 * (u - center) ** 2));
    return (-4 * (left! * (u + 2) + right! * (u - 2))) / (left! + right!);
  };
  let particles = Array.from({ length: count }, () => rng.normal(0, 0.5));
  for (let step = 0; step < 1500; step++) {
    const moves = tf.tidy(() => {
      const column = (values: number[]) => tf.tensor3d(values, [1, count, 1]);
      return steinDirection(column(particles), column(particles.map(score))).dataSync();
    });
    particles = particles.map((u, i) => u + 0.2 * moves[i]!);
  }
  const right = particles.filter((u) => u > 0);
  expect(right.length / count).toBeGreaterThan(0.35);
  expect(right.length / count).toBeLessThan(0.65);
  const mean = right.reduce((sum, u) => sum + u, 0) / right.length;
  expect(Math.abs(mean - 2)).toBeLessThan(0.1);
  const deviation = Math.sqrt(right.reduce((sum, u) => sum + (u - mean) ** 2, 0) / right.length);
  expect(Math.abs(deviation - 0.5)).toBeLessThan(0.1);
});
