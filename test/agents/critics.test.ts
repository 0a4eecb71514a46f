import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { ActionValues, quantileHuber, smallestK, tdTarget } from '../../agents/core/critics.ts';
import { steinDirection } from '../../agents/softQLearning.ts';
import { compile, Rng } from '../../src/index.ts';
import { wrapAngle } from '../../src/nn/tensors.ts';
import { gradient } from '../oracle/calculus.ts';
import { mlp, under } from '../oracle/mlp.ts';
import { stein } from '../oracle/stein.ts';
import { mean, relu } from './firstUpdate.ts';
import { box, variablesOf } from './support.ts';

describe('action values', () => {
  const sizes = { observationDim: 1, actionSpace: box, criticHidden: [8] };
  const critics = new ActionValues({ ...sizes, rng: new Rng(5) });
  const observations = tf.tensor2d([[0.3], [-1.2], [2]]);
  const rows = [
    [0, 1],
    [2, -1],
    [-1, 0.5],
  ];
  const actions = tf.tensor2d(rows);
  const y = [0.5, -2, 1];
  const [q1, q2] = critics.of(observations, actions).map((q) => [...q.dataSync()]) as [number[], number[]];

  test('are those of two critics, of which the less or the mean is taken', () => {
    const [least, average] = [critics.least(observations, actions), critics.mean(observations, actions)];
    expect([...least.dataSync()]).toEqual(q1.map((q, i) => Math.min(q, q2[i]!)));
    average.dataSync().forEach((q, i) => expect(q).toBeCloseTo((q1[i]! + q2[i]!) / 2, 5));
    // Neither is the less one everywhere, or the test would not see which is taken.
    expect(new Set(q1.map((q, i) => q < q2[i]!)).size).toBe(2);
  });

  test.each([
    [{}, 1, [1, 1, 1]],
    [{ factor: 0.5 }, 0.5, [1, 1, 1]],
    [{ factor: 0.5, weights: tf.tensor1d([0.25, 1, 0.5]) }, 0.5, [0.25, 1, 0.5]],
  ])('have the loss c Σᵢ E[w (Qᵢ − y)²]: %#', (options, factor, weights) => {
    const { loss, actionValue, errors } = critics.loss(observations, actions, tf.tensor1d(y), options);
    const wanted = mean(y.map((target, i) => weights[i]! * ((q1[i]! - target) ** 2 + (q2[i]! - target) ** 2)));
    expect(loss.dataSync()[0]).toBeCloseTo(factor * wanted, 5);
    expect(actionValue.dataSync()[0]).toBeCloseTo(mean(q1), 6);
    // Of both critics, without weights.
    const sizes = y.map((target, i) => (Math.abs(q1[i]! - target) + Math.abs(q2[i]! - target)) / 2);
    errors?.dataSync().forEach((error, i) => expect(error).toBeCloseTo(sizes[i]!, 5));
    expect(errors === undefined).toBe(!('weights' in options));
  });

  test('of angles see the cosine and the sine, without a seam', () => {
    const around = new ActionValues({ ...sizes, angles: true, rng: new Rng(5) });
    const variables = variablesOf(around);
    const got = around.of(observations, actions).map((q) => [...q.dataSync()]);
    rows.forEach((angles, row) => {
      const seen = [[0.3, -1.2, 2][row]!, ...angles.map(Math.cos), ...angles.map(Math.sin)];
      got.forEach((values, i) => {
        expect(values[row]).toBeCloseTo(mlp(under(variables, `networks.${i}`), seen, relu)[0]!, 5);
      });
    });
  });
});

test('TD targets: y = r + γ V(s′) with the discount of the row, of one or several values, without V(s′) after a termination', () => {
  const batch = {
    rewards: tf.tensor1d([1, -2, 0.5]),
    terminations: tf.tensor1d([0, 1, 0]),
    discounts: tf.tensor1d([0.75, 0.75, 0.5]),
  };
  expect([...tdTarget(batch, tf.tensor1d([4, 100, -2])).dataSync()]).toEqual([4, -2, -0.5]);
  expect([...tdTarget(batch, tf.tensor2d([4, 8, 100, 1, -2, 6], [3, 2])).dataSync()]).toEqual([
    4, 7, -2, -2, -0.5, 3.5,
  ]);
});

describe('the loss of quantiles', () => {
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
  const loss = (theta: number, tau: number, atoms: readonly number[], masses: readonly number[]): number =>
    atoms.reduce((sum, y, j) => {
      const u = y - theta;
      const huber = Math.abs(u) <= 1 ? u ** 2 / 2 : Math.abs(u) - 0.5;
      return sum + masses[j]! * (u < 0 ? 1 - tau : tau) * huber;
    }, 0);

  const run = compile(
    ({ quantiles, targets, weights }: Record<'quantiles' | 'targets' | 'weights', tf.Tensor>) => {
      const of = (theta: tf.Tensor) =>
        quantileHuber({ quantiles: theta, fractions: tf.tensor1d(fractions), targets, weights });
      return { losses: of(quantiles), slopes: tf.grad((theta) => tf.sum(of(theta)))(quantiles) };
    },
    { name: 'quantileHuber', state: [] },
  );

  test('and its gradient are those of the formula, also far out', () => {
    const inputs = { quantiles: tf.tensor2d(quantiles), targets: tf.tensor2d(targets), weights: tf.tensor2d(weights) };
    const { losses, slopes } = run(inputs);
    const [got, gradients] = [losses!.arraySync() as number[][], slopes!.arraySync() as number[][]];
    quantiles.forEach((row, b) => {
      row.forEach((theta, i) => {
        const of = (x: number) => loss(x, fractions[i]!, targets[b]!, weights[b]!);
        expect(got[b]![i]! / (1 + of(theta))).toBeCloseTo(of(theta) / (1 + of(theta)), 6);
        expect(gradients[b]![i]).toBeCloseTo(gradient(([x]) => of(x!), [theta], 1e-6)[0]!, 5);
      });
    });
  });

  test('without weights has equal masses; fractions may differ from row to row', () => {
    const own = [fractions, [0.3, 0.6, 0.7]];
    const inputs = { quantiles: tf.tensor2d(quantiles), fractions: tf.tensor2d(own), targets: tf.tensor2d(targets) };
    (quantileHuber(inputs).arraySync() as number[][]).forEach((row, b) => {
      row.forEach((value, i) => {
        const wanted = loss(quantiles[b]![i]!, own[b]![i]!, targets[b]!, [0.25, 0.25, 0.25, 0.25]);
        expect(value / (1 + wanted)).toBeCloseTo(wanted / (1 + wanted), 6);
      });
    });
  });

  test('has a finite gradient where an atom is the quantile itself', () => {
    const slope = tf.grad((theta) =>
      tf.sum(quantileHuber({ quantiles: theta, fractions: tf.tensor1d([0.3]), targets: tf.tensor2d([[2, 5]]) })),
    )(tf.tensor2d([[2]]));
    // Only the atom at 5 pulls, with half of the mass.
    expect(slope.dataSync()[0]).toBeCloseTo(-0.3 / 2, 6);
  });
});

describe('the smallest of each row', () => {
  const masks = (count: number, x: tf.Tensor) =>
    compile(({ x }: { x: tf.Tensor }) => ({ mask: smallestK(x, count) }), { name: 'smallestK', state: [] })({ x })
      .mask!;

  test.each([0, 1, 4, 7])('are marked, %i of them', (count) => {
    const x = new Rng(3).normalTensor([20, 7]);
    const mask = masks(count, x).arraySync() as number[][];
    (x.arraySync() as number[][]).forEach((row, i) => {
      const sorted = row.toSorted((a, b) => a - b);
      expect(mask[i]).toEqual(row.map((value) => Number(sorted.indexOf(value) < count)));
    });
  });

  test('are the first of equal ones, so that there are always as many', () => {
    const x = tf.tensor2d([2, 1, 2, 1, 0, 0, 0, 0, 5, 3, 3, 3], [3, 4]);
    expect([...masks(3, x).dataSync()]).toEqual([1, 1, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1]);
  });
});

describe("Stein's direction", () => {
  const direction = (particles: number[][][], scores: number[][][], difference?: typeof wrapAngle) =>
    tf.tidy(() => steinDirection(tf.tensor3d(particles), tf.tensor3d(scores), difference).arraySync()) as number[][][];
  const flat = [[[0], [0]]];

  test('is the one that is summed particle by particle in float64', () => {
    const rng = new Rng(0);
    const draw = () =>
      Array.from({ length: 3 }, () => Array.from({ length: 5 }, () => [rng.normal(), rng.normal(1, 2)]));
    const [particles, scores] = [draw(), draw()];
    const wanted = particles.flatMap((row, i) => stein(row, scores[i]!)).flat();
    direction(particles, scores)
      .flat(2)
      .forEach((x, i) => expect(x).toBeCloseTo(wanted[i]!, 5));
  });

  test('parts two particles on a flat density by d κ / h, where the kernel is ¼, and moves those in one place by their mean score', () => {
    // d² = 1, of which half are in the mean, so h = ½ / log 2 and κ = exp(−1 / h) = ¼.
    const move = 0.25 / (0.5 / Math.LN2);
    expect(direction([[[0], [1]]], flat).flat(2)).toEqual([expect.closeTo(-move, 6), expect.closeTo(move, 6)]);
    const together = direction([[[1], [1], [1], [1]]], [[[1], [2], [3], [6]]]);
    for (const x of together.flat(2)) expect(x).toBeCloseTo(3, 6);
  });

  test('parts two angles on both sides of ±π across the seam, as two beside each other', () => {
    const of = (a: number, b: number) => direction([[[a], [b]]], flat, wrapAngle).flat(2);
    const [wanted, got] = [of(-0.25, 0.25), of(Math.PI - 0.25, -Math.PI + 0.25)];
    expect(wanted[0]).toBeLessThan(-0.1);
    for (const i of [0, 1]) expect(got[i]).toBeCloseTo(wanted[i]!, 5);
  });
});
