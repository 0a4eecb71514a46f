import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { quantileHuber } from '../../agents/core/critics.ts';
import { compile } from '../../src/index.ts';
import { gradient } from '../oracle/calculus.ts';

const fractions = [0.1, 0.5, 0.9];
const quantiles = [
  [-3, 0.2, 0.7],
  [1.5, 1.4, -40],
];
const targets = [
  [-1, 0.1, 5, 0.5],
  [1.3, -2, 60, 1.45],
];
const weights = [
  [0.25, 0.5, 0, 0.25],
  [0.1, 0.2, 0.3, 0.4],
];

/** Σⱼ wⱼ |τ − 1{u < 0}| huber(u), u = yⱼ − θ, in plain numbers. */
function loss(theta: number, tau: number, atoms: readonly number[], masses: readonly number[]): number {
  return atoms.reduce((sum, y, j) => {
    const u = y - theta;
    const huber = Math.abs(u) <= 1 ? u ** 2 / 2 : Math.abs(u) - 0.5;
    return sum + masses[j]! * (u < 0 ? 1 - tau : tau) * huber;
  }, 0);
}

const run = compile(
  ({ quantiles, targets, weights }: Record<'quantiles' | 'targets' | 'weights', tf.Tensor>) => {
    const of = (theta: tf.Tensor) =>
      quantileHuber({ quantiles: theta, fractions: tf.tensor1d(fractions), targets, weights });
    return { losses: of(quantiles), slopes: tf.grad((theta) => tf.sum(of(theta)))(quantiles) };
  },
  { name: 'quantileHuber', state: [] },
);

test('the loss of each quantile and its gradient are those of the formula, also far out', () => {
  const { losses, slopes } = run({
    quantiles: tf.tensor2d(quantiles),
    targets: tf.tensor2d(targets),
    weights: tf.tensor2d(weights),
  });
  const [got, gradients] = [losses!.arraySync() as number[][], slopes!.arraySync() as number[][]];
  quantiles.forEach((row, b) => {
    row.forEach((theta, i) => {
      const of = (x: number) => loss(x, fractions[i]!, targets[b]!, weights[b]!);
      expect(got[b]![i]! / (1 + of(theta))).toBeCloseTo(of(theta) / (1 + of(theta)), 6);
      expect(gradients[b]![i]).toBeCloseTo(gradient(([x]) => of(x!), [theta], 1e-6)[0]!, 5);
    });
  });
});

test('without weights all atoms have the same mass; fractions may differ from row to row', () => {
  const own = [fractions, [0.3, 0.6, 0.7]];
  const got = quantileHuber({
    quantiles: tf.tensor2d(quantiles),
    fractions: tf.tensor2d(own),
    targets: tf.tensor2d(targets),
  }).arraySync() as number[][];
  const equal = [0.25, 0.25, 0.25, 0.25];
  got.forEach((row, b) => {
    row.forEach((value, i) => {
      const wanted = loss(quantiles[b]![i]!, own[b]![i]!, targets[b]!, equal);
      expect(value / (1 + wanted)).toBeCloseTo(wanted / (1 + wanted), 6);
    });
  });
});

test('where an atom is the quantile itself the gradient is finite and has no part of it', () => {
  const slope = tf.grad((theta) =>
    tf.sum(quantileHuber({ quantiles: theta, fractions: tf.tensor1d([0.3]), targets: tf.tensor2d([[2, 5]]) })),
  )(tf.tensor2d([[2]]));
  // Only the atom at 5 pulls, with half of the mass.
  expect(slope.dataSync()[0]).toBeCloseTo(-0.3 / 2, 6);
});
