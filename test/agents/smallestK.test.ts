import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { smallestK } from '../../agents/core/critics.ts';
import { compile, Rng } from '../../src/index.ts';

const masks = (count: number) =>
  compile(({ x }: { x: tf.Tensor }) => ({ mask: smallestK(x, count) }), { name: 'smallestK', state: [] });

test.each([0, 1, 4, 7])('the %i least of each row are marked', (count) => {
  const x = new Rng(3).normalTensor([20, 7]);
  const mask = masks(count)({ x }).mask!.arraySync() as number[][];
  (x.arraySync() as number[][]).forEach((row, i) => {
    const sorted = row.toSorted((a, b) => a - b);
    expect(mask[i]).toEqual(row.map((value) => Number(sorted.indexOf(value) < count)));
  });
});

test('of equal numbers the first are taken, so that there are always as many', () => {
  const x = tf.tensor2d([
    [2, 1, 2, 1],
    [0, 0, 0, 0],
    [5, 3, 3, 3],
  ]);
  expect(masks(3)({ x }).mask!.arraySync()).toEqual([
    [1, 1, 0, 1],
    [1, 1, 1, 0],
    [0, 1, 1, 1],
  ]);
});
