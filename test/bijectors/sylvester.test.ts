import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { Sylvester, sylvesterFamily } from '../../src/bijectors/index.ts';

test('says which shapes it wants', () => {
  const of = ([reflections, dim, rank, above]: [number, number, number, number?]) =>
    new Sylvester({
      v: tf.ones([reflections, dim]),
      strength: tf.zeros([rank]),
      logDiagonal: tf.zeros([rank]),
      b: tf.zeros([rank]),
      ...(above !== undefined && { outer: tf.zeros([above]), inner: tf.zeros([above]) }),
    });
  expect(of([1, 3, 2, 1]).rank).toBe(2);
  expect(of([2, 3, 1]).dim).toBe(3);
  expect(() => of([3, 2, 3, 3])).toThrow(
    'Sylvester: got [3,2], [3], [3], [3], [3], [3], ' +
      'expected v [..., reflections, dim], strength, logDiagonal and b [..., rank], rank at most dim, and outer and inner [..., rank (rank − 1) / 2]',
  );
  expect(() => of([1, 3, 2])).toThrow('got [1,3], [2], [2], [2], none, none');
  expect(() => of([1, 3, 2, 2])).toThrow(/^Sylvester: got .*, expected v \[/);
});

test('a family’s rank is at most the dimension', () => {
  const family = sylvesterFamily({ rank: 3 });
  expect(
    [1, 2, 5].map((dim) => (family.bijector(tf.zeros([family.parameterCount(dim)]), dim) as Sylvester).rank),
  ).toEqual([1, 2, 3]);
  expect(() => sylvesterFamily({ rank: 0 })).toThrow('sylvesterFamily: rank: got 0, expected a positive integer');
});
