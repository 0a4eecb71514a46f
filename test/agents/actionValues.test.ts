import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { ActionValues } from '../../agents/common/actionValues.ts';
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

test.each([[undefined], [0.5]])('the loss is c Σᵢ E[(Qᵢ − y)²], with c = %s', (factor) => {
  const { loss, actionValue } = critics.loss(observations, actions, tf.tensor1d(y), factor);
  const wanted = mean(y.map((target, i) => (q1[i]! - target) ** 2 + (q2[i]! - target) ** 2));
  expect(loss.dataSync()[0]).toBeCloseTo((factor ?? 1) * wanted, 5);
  expect(actionValue.dataSync()[0]).toBeCloseTo(mean(q1), 6);
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
