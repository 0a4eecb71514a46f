import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { Rng } from '../../src/random.ts';
import { Counter, numbers, onAllEngines } from './support.ts';

onAllEngines('an input, an output and a variable may be called alike', () => {
  const count = new Counter();
  const add = compile(
    ({ count: by }: { count: tf.Tensor }) => {
      count.count.assign(tf.add(count.count, by));
      return { count: tf.neg(count.count) };
    },
    { name: 'add', state: [count] },
  );
  for (const total of [2, 4, 6]) {
    expect(numbers(add({ count: 2 }).count)).toEqual([-total]);
    expect(numbers(count.count)).toEqual([total]);
  }
});

onAllEngines('the only input and the only output may be called alike', () => {
  const negate = compile(({ x }: { x: tf.Tensor }) => ({ x: tf.neg(x) }), { name: 'negate', state: [] });
  expect(numbers(negate({ x: tf.tensor1d([1, -2]) }).x)).toEqual([-1, 2]);
});

onAllEngines('the parts of an input and of a draw are theirs, as those of variables are', () => {
  const halves = compile(
    ({ x }: { x: tf.Tensor }, rng: Rng) => {
      const [first, second] = tf.split(x, 2) as [tf.Tensor, tf.Tensor];
      const [left, right] = tf.split(rng.uniformTensor([4]), 2) as [tf.Tensor, tf.Tensor];
      return { x: tf.sub(first, second), draw: tf.sub(left, right) };
    },
    { name: 'halves', state: [] },
  );
  const [a, b, c, d] = new Rng('draw').fillUniform(new Float32Array(4)) as unknown as [number, number, number, number];
  const { x, draw } = halves({ x: tf.tensor1d([5, 7, 1, 2]) }, new Rng('draw'));
  expect(numbers(x)).toEqual([4, 5]);
  expect(numbers(draw)).toEqual([Math.fround(a - c), Math.fround(b - d)]);
});
