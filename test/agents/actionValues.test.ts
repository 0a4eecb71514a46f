import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { ActionValues } from '../../agents/core/critics.ts';
import { Rng } from '../../src/index.ts';
import { mlp, under } from '../oracle/mlp.ts';
import { relu } from './firstUpdate.ts';
import { box, variablesOf } from './support.ts';

const critics = new ActionValues({ observationDim: 1, actionSpace: box, criticHidden: [8], rng: new Rng(5) });
const observations = tf.tensor2d([[0.3], [-1.2], [2]]);
const actions = tf.tensor2d([
  [0, 1],
  [2, -1],
  [-1, 0.5],
]);
const y = [0.5, -2, 1];
const [q1, q2] = critics.of(observations, actions).map((q) => [...q.dataSync()]) as [number[], number[]];
const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

test('the critics are two, and the less of them is taken', () => {
  const least = critics.least(observations, actions).dataSync();
  q1.forEach((q, i) => expect(least[i]).toBe(Math.min(q, q2[i]!)));
  // Neither is the less one everywhere, or the test would not see which is taken.
  expect(new Set(q1.map((q, i) => q < q2[i]!)).size).toBe(2);
});

test.each([
  [{}, 1, [1, 1, 1]],
  [{ factor: 0.5 }, 0.5, [1, 1, 1]],
  [{ factor: 0.5, weights: tf.tensor1d([0.25, 1, 0.5]) }, 0.5, [0.25, 1, 0.5]],
])('the loss is c Σᵢ E[w (Qᵢ − y)²]: %#', (options, factor, weights) => {
  const { loss, actionValue, errors } = critics.loss(observations, actions, tf.tensor1d(y), options);
  const wanted = mean(y.map((target, i) => weights[i]! * ((q1[i]! - target) ** 2 + (q2[i]! - target) ** 2)));
  expect(loss.dataSync()[0]).toBeCloseTo(factor * wanted, 5);
  expect(actionValue.dataSync()[0]).toBeCloseTo(mean(q1), 6);
  if (!('weights' in options)) {
    expect(errors).toBeUndefined();
    return;
  }
  // Of both critics, without weights.
  y.forEach((target, i) => {
    const size = (Math.abs(q1[i]! - target) + Math.abs(q2[i]! - target)) / 2;
    expect(errors!.dataSync()[i]).toBeCloseTo(size, 5);
  });
});

test('of actions that are angles the networks see the cosine and the sine, without a seam', () => {
  const around = new ActionValues({
    observationDim: 1,
    actionSpace: box,
    angles: true,
    criticHidden: [8],
    rng: new Rng(5),
  });
  const variables = variablesOf(around);
  const got = around.of(observations, actions).map((q) => [...q.dataSync()]);
  (actions.arraySync() as number[][]).forEach((angles, row) => {
    const seen = [[0.3, -1.2, 2][row]!, ...angles.map(Math.cos), ...angles.map(Math.sin)];
    got.forEach((values, i) => {
      const [wanted] = mlp(under(variables, `networks.${i}`), seen, relu);
      expect(values[row]).toBeCloseTo(wanted!, 5);
    });
  });
});
