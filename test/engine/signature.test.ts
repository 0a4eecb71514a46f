import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { type CompileOptions, compile } from '../../src/engine/compile.ts';
import type { InputSpec } from '../../src/engine/signature.ts';
import { traceToOnnx } from '../../src/engine/traceToOnnx.ts';
import { numbers, onAllEngines } from './support.ts';

const named = (name: string): CompileOptions => ({ name, state: [] });
/** Calls and options that the types forbid. */
// biome-ignore lint/suspicious/noExplicitAny: what a user without types can write.
const untyped = compile as any;

onAllEngines('what is no input', () => {
  const identity = untyped(({ x }: { x: tf.Tensor }) => ({ x }), named('identity'));
  const refused = (got: string) => `compile('identity'): the input 'x': got ${got}, expected a tensor or a number`;
  expect(() => identity({ x: 'one' })).toThrow(refused('string'));
  expect(() => identity({ x: undefined })).toThrow(refused('undefined'));
  expect(() => identity({ x: null })).toThrow(refused('null'));
  expect(() => identity({ x: [1, 2] })).toThrow(refused('an array'));
  expect(() => identity({ x: new Float32Array(2) })).toThrow(refused('an array'));
  expect(() => identity({ x: tf.tensor1d(['a']) })).toThrow(
    "compile('identity'): the input 'x' is a string tensor, expected float32, int32 or bool",
  );
  const object = (got: string) =>
    `compile('identity'): got ${got}, expected an object of inputs: call it with ({ x, … })`;
  expect(() => identity()).toThrow(object('undefined'));
  expect(() => identity(tf.scalar(1))).toThrow(object('a tensor'));
  expect(() => identity([tf.scalar(1)])).toThrow(object('an array'));
  // Not after a call that was right, either.
  identity({ x: 1 });
  expect(() => identity({ x: [1, 2] })).toThrow(refused('an array'));
  const nothing = untyped(() => ({}), named('nothing'));
  nothing({});
  expect(() => nothing()).toThrow(`compile('nothing'): got undefined, expected an object of inputs`);
});

onAllEngines('a disposed input, at the first call and later', () => {
  const identity = compile(({ x }: { x: tf.Tensor }) => ({ x }), named('identity'));
  const x = tf.tensor1d([1]);
  x.dispose();
  const message = "compile('identity'): the input 'x' is disposed";
  expect(() => identity({ x })).toThrow(message);
  identity({ x: tf.tensor1d([1]) });
  expect(() => identity({ x })).toThrow(message);
});

onAllEngines('what is no shape, and no type', () => {
  const identity = untyped(({ x }: { x: tf.Tensor }) => ({ y: x }), named('identity'));
  for (const spec of [
    undefined,
    {},
    { shape: 2 },
    { shape: [2.5] },
    { shape: [-1] },
    { shape: [2], dtype: 'float64' },
  ]) {
    const message =
      `the input 'x': got ${JSON.stringify(spec)}, ` +
      'expected { shape, dtype } of whole sizes ≥ 0 and of float32, int32 or bool';
    const specs = { x: spec } as unknown as { x: InputSpec };
    expect(() => identity.onArrays(specs)).toThrow(`compile('identity').onArrays: ${message}`);
    expect(() => traceToOnnx(({ x }: { x: tf.Tensor }) => ({ y: x }), specs, named('identity'))).toThrow(
      `traceToOnnx('identity'): ${message}`,
    );
  }
});

onAllEngines('what is no result', () => {
  const wanted = (name: string): string => `compile('${name}'): the function must return an object of tensors`;
  const returning = (value: unknown) => untyped(() => value, named('wrong'));
  expect(() => returning({ y: 3 })({})).toThrow(`${wanted('wrong')}, but 'y' is number`);
  expect(() => returning({ y: [tf.scalar(1)] })({})).toThrow(`${wanted('wrong')}, but 'y' is an array`);
  expect(() => returning(undefined)({})).toThrow(`${wanted('wrong')}, got undefined`);
  expect(() => returning([])({})).toThrow(`${wanted('wrong')}, got an array`);
  expect(() => returning(Promise.resolve({}))({})).toThrow(
    `${wanted('wrong')}, got a promise, which it cannot wait for`,
  );
  const tensor = untyped(() => tf.scalar(1), named('tensor'));
  expect(() => tensor({})).toThrow(`${wanted('tensor')}, got a tensor: give it a name, { y: … }`);
});

onAllEngines('what is no function or no state', () => {
  const fn = () => ({ y: tf.scalar(1) });
  expect(() => untyped(fn)).toThrow('compile: expected a function and { name, state }');
  expect(() => untyped(3, named('three'))).toThrow('compile: expected a function and { name, state }');
  const state =
    "compile('f'): `state` must be an array of the modules, optimizers, distributions, tensors and models of tfjs-layers that the function " +
    'uses; [] for none';
  expect(() => untyped(fn, { name: 'f' })).toThrow(state);
  expect(() => untyped(fn, { name: 'f', state: tf.variable(tf.scalar(1)) })).toThrow(state);
  expect(() => untyped(fn, { name: 'f', state: undefined })).toThrow(state);
});

onAllEngines('batches of no rows', () => {
  const fn = compile(({ x, w }: { x: tf.Tensor; w: tf.Tensor }) => {
    const y = tf.add(tf.matMul(x, w), 1);
    const [left, right] = tf.split(y, 2, 1) as [tf.Tensor, tf.Tensor];
    return {
      y,
      both: tf.concat([right, left], 1),
      flat: tf.reshape(y, [-1]),
      turned: tf.transpose(y),
      sum: tf.sum(y, 0),
      total: tf.sum(tf.square(y)),
      best: tf.sum(y, 1),
      padded: tf.pad(y, [
        [0, 2],
        [0, 0],
      ]),
      gradient: tf.grad((v: tf.Tensor) => tf.sum(tf.square(tf.matMul(x, v))))(w),
    };
  }, named('empty'));
  const got = fn({ x: tf.zeros([0, 3]), w: tf.ones([3, 2]) });
  expect(Object.fromEntries(Object.entries(got).map(([key, { shape }]) => [key, shape]))).toEqual({
    y: [0, 2],
    both: [0, 2],
    flat: [0],
    turned: [2, 0],
    sum: [2],
    total: [],
    best: [0],
    padded: [2, 2],
    gradient: [3, 2],
  });
  expect(numbers(got.sum)).toEqual([0, 0]);
  expect(numbers(got.total)).toEqual([0]);
  expect(numbers(got.padded)).toEqual([0, 0, 0, 0]);
  expect(numbers(got.gradient)).toEqual([0, 0, 0, 0, 0, 0]);
});
