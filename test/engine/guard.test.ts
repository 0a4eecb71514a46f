import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { Rng } from '../../src/random.ts';
import { Counter, onAllEngines } from './support.ts';

const random =
  "compile('frozen'): the function draws random numbers elsewhere than from its rng (Math.random; " +
  'tf.randomNormal, tf.dropout and a layer of tfjs-layers that makes its weights use it)';
const weight = tf.variable(tf.scalar(2));
const { adadelta, adagrad, adam, adamax, momentum, rmsprop, sgd } = tf.train;
const optimizers = [...[adadelta, adagrad, adam, adamax, rmsprop, sgd].map((make) => make(0.1)), momentum(0.1, 0.9)];
const clock = "compile('frozen'): the function reads the clock, which would be frozen";
const refused: readonly (readonly [string, () => tf.Tensor, string])[] = [
  ['tf.randomNormal', () => tf.randomNormal([3]), random],
  ['tf.dropout', () => tf.dropout(tf.ones([8]), 0.5), random],
  ['Math.random', () => tf.scalar(Math.random()), random],
  ['Date.now', () => tf.scalar(Date.now()), clock],
  ['new Date', () => tf.scalar(new Date().getUTCFullYear()), clock],
  ['Date', () => tf.scalar(Date().length), clock],
  ['performance.now', () => tf.scalar(performance.now()), clock],
  [
    'tf.variable',
    () => tf.variable(tf.scalar(1)),
    "compile('frozen'): the function makes a variable: make it outside, and list it or its module in `state`",
  ],
  ['a layer that has not been built', () => tfl.layers.dense({ units: 1 }).apply(tf.ones([1, 2])) as tf.Tensor, random],
  ...optimizers.map(
    (optimizer) =>
      [
        optimizer.getClassName(),
        () => optimizer.minimize(() => tf.square(weight), true, [weight])!,
        "compile('frozen'): the function uses an optimizer of tf.train, which keeps its numbers where a compiled function does " +
          'not see them: use Adam, RmsProp or Sgd of oxbow, and list it in `state`',
      ] as const,
  ),
  [
    'tf.setBackend',
    () => {
      tf.setBackend('cpu');
      return tf.scalar(1);
    },
    "compile('frozen'): the function changes the tfjs backend: call tf.setBackend outside of it",
  ],
];

describe.each(refused)('%s inside', (_, use, message) => {
  onAllEngines('is an error; outside it goes on', () => {
    const own = [Math, performance, globalThis].map((object) => Object.getOwnPropertyNames(object));
    const fn = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.add(x, use()) }), { name: 'frozen', state: [weight] });
    for (const x of [tf.scalar(1), tf.tensor1d([1, 2, 3])]) expect(() => fn({ x })).toThrow(message);
    expect([Math, performance, globalThis].map((object) => Object.getOwnPropertyNames(object))).toEqual(own);
    expect(() => tf.dispose(use())).not.toThrow();
    expect(tf.getBackend()).toBe('cpu');
  });
});

onAllEngines('dates that are given may be used', () => {
  const year = (text: string): number => new Date(text).getUTCFullYear() + Number(new Date(0) instanceof Date);
  const fn = compile(() => ({ y: tf.scalar(year('2020-01-01') + Date.UTC(1970, 0, 1)) }), { name: 'date', state: [] });
  expect(fn({}).y.dataSync()[0]).toBe(2021);
});

test('what changes from call to call and is no input is an error at the second call of each signature', () => {
  let factor = 1;
  const fn = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, factor++) }), { name: 'counts', state: [] });
  for (const x of [tf.scalar(1), tf.tensor1d([1, 2]), tf.ones([3, 100])]) {
    fn({ x });
    for (const _ of [1, 2]) {
      expect(() => fn({ x })).toThrow(
        "compile('counts'): the function is not the same when it is traced again at its second call: it uses something that " +
          'has changed since and is neither in `inputs` nor in the state; pass it in `inputs`',
      );
    }
  }
});

test.each([
  ['a large constant', (n: number) => ({ y: tf.tensor1d(Float32Array.from({ length: 1000 }, (_, i) => i % (n + 5))) })],
  ['the names of the results', (n: number) => ({ [`y${n}`]: tf.scalar(1) })],
  ['the number of results', (n: number) => ({ y: tf.scalar(1), ...(n > 0 ? { z: tf.scalar(1) } : {}) })],
  [
    'the order of the results',
    (n: number) => (n > 0 ? { a: tf.scalar(1), b: tf.scalar(2) } : { b: tf.scalar(2), a: tf.scalar(1) }),
  ],
])('a change of %s is noticed', (_, result) => {
  let calls = 0;
  const fn = compile(() => result(calls++) as Record<string, tf.Tensor>, { name: 'changes', state: [] });
  fn({});
  expect(() => fn({})).toThrow(/not the same when it is traced again/);
});

test('a change of what is assigned, and of what is drawn, is noticed', () => {
  const counter = new Counter();
  let calls = 0;
  const assigns = compile(
    () => {
      counter.count.assign(tf.scalar(calls++));
      return {};
    },
    { name: 'assigns', state: [counter] },
  );
  assigns({});
  expect(() => assigns({})).toThrow(/not the same when it is traced again/);
  expect(counter.count.dataSync()[0]).toBe(0);
  const draws = compile(
    (_: Record<string, never>, rng) => ({ y: calls++ % 2 === 0 ? rng.normalTensor([2]) : rng.uniformTensor([2]) }),
    { name: 'draws', state: [] },
  );
  draws({}, new Rng(1));
  expect(() => draws({}, new Rng(1))).toThrow(/not the same when it is traced again/);
});

test('a large constant that is made anew each time is none', () => {
  const fn = compile(
    ({ x }: { x: tf.Tensor }) => ({ y: tf.add(x, tf.tensor1d(Float32Array.from({ length: 5000 }, (_, i) => i))) }),
    { name: 'constant', state: [] },
  );
  for (const x of [1, 2, 3]) expect(fn({ x }).y.dataSync()[4999]).toBe(4999 + x);
});
