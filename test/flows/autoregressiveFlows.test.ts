import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import type { Autoregressive, Chain } from '../../src/bijectors/index.ts';
import {
  autoregressiveSplineFlow,
  circularAutoregressiveSplineFlow,
  type Flow,
  iaf,
  maf,
} from '../../src/flows/index.ts';
import { Rng } from '../../src/random.ts';
import { perturb } from '../support/perturb.ts';

const flows: Record<string, (options: Parameters<typeof maf>[0]) => Flow> = {
  maf,
  iaf,
  autoregressiveSplineFlow,
  'autoregressiveSplineFlow, parallel forward': (options) =>
    autoregressiveSplineFlow({ ...options, parallel: 'forward' }),
  circularAutoregressiveSplineFlow,
};

const ordersOf = (flow: Flow): (readonly number[])[] =>
  (flow.bijector as Chain).bijectors.map((part) => (part as Autoregressive).network.order);

describe.each(Object.entries(flows))('%s', (name, make) => {
  const rng = new Rng(name);

  test('neighbouring layers take the entries in opposite orders; random ones are the same for every flow', () => {
    const alternating = ordersOf(make({ dim: 5, layers: 3, hidden: [8], rng }));
    expect(alternating).toEqual([
      [0, 1, 2, 3, 4],
      [4, 3, 2, 1, 0],
      [0, 1, 2, 3, 4],
    ]);
    const random = [0, 1].map((seed) =>
      ordersOf(make({ dim: 5, layers: 3, hidden: [8], orders: 'random', rng: new Rng(seed) })),
    );
    expect(random[0]).toEqual(random[1]);
    expect(new Set(random[0]!.map(String)).size).toBe(3);
    for (const order of random[0]!) expect(order.toSorted()).toEqual([0, 1, 2, 3, 4]);
  });

  test('in one dimension the context decides alone', () => {
    const flow = perturb(make({ dim: 1, contextDim: 1, layers: 1, hidden: [4], rng }), rng);
    const x = tf.tensor2d([[0.5], [0.5]]);
    const [first, second] = flow
      .given(tf.tensor2d([[1], [-1]]))
      .logProb(x)
      .dataSync();
    expect(first).not.toBeCloseTo(second!, 3);
  });
});

test('the standard deviation before training', () => {
  const flow = maf({ dim: 3, initialScale: 0.5, rng: new Rng(0) });
  const x = tf.zeros([1, 3]);
  const wanted = -3 * (Math.log(0.5) + 0.5 * Math.log(2 * Math.PI));
  expect(flow.given().logProb(x).dataSync()[0]).toBeCloseTo(wanted, 5);
});
