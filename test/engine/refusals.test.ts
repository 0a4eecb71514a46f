import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { selectEngine } from '../../src/engine/runtime/engine.ts';
import { traceToOnnx } from '../../src/engine/traceToOnnx.ts';
import { Rng } from '../../src/random.ts';
import { Counter, numbers, onAllEngines } from './support.ts';

/** Calls and options that the types forbid. */
// biome-ignore lint/suspicious/noExplicitAny: what a user without types can write.
type Untyped = any;
const untyped = compile as Untyped;
const f = { name: 'f', state: [] };
const identity = untyped(({ x }: { x: tf.Tensor }) => ({ x }), f);
const sum = untyped(
  (i: { x: tf.Tensor; rate: tf.Tensor }, rng: Rng) => ({ y: tf.add(rng.normalTensor([2, 2]), i.x) }),
  f,
);
const sumOnArrays = sum.onArrays({ x: { shape: [2, 2] }, rate: { shape: [] } });
const returning = (value: unknown) => untyped(() => value, f)({});
const disposed = (): tf.Tensor => {
  const x = tf.tensor1d([1]);
  x.dispose();
  return x;
};
const specs = [undefined, {}, { shape: 2 }, { shape: [2.5] }, { shape: [-1] }, { shape: [2], dtype: 'float64' }];

describe('what the types forbid', () => {
  const input = /^compile\('f'\): the input 'x'/;
  const inputs = /^compile\('f'\): got .*, expected an object of inputs/;
  const array = /^compile\('f'\): the input 'x': got .*, expected an array of 4/;
  const result = /^compile\('f'\): the function must return an object of tensors/;
  const options = /^compile: expected a function and { name, state }/;
  const state = /^compile\('f'\): `state` must be an array/;
  const item = /^compile\('f'\): state\[[\w[\].]*: got .*, expected a module/;
  const rng = new Rng(0);
  const forbidden: [string, RegExp, (() => unknown)[]][] = [
    [
      'as an input',
      input,
      ['one', undefined, null, [1, 2], new Float32Array(2), tf.tensor1d(['a']), disposed()].map(
        (x) => () => identity({ x }),
      ),
    ],
    ['as the inputs', inputs, [undefined, tf.scalar(1), [tf.scalar(1)]].map((x) => () => identity(x))],
    [
      'as an array',
      array,
      [new Float32Array(3), [], 1, undefined, null, tf.ones([2, 2])].map((x) => () => sumOnArrays({ x, rate: 1 }, rng)),
    ],
    ['as a number', /^compile\('f'\): the input 'rate'/, [() => sumOnArrays({ x: [1, 2, 3, 4] }, rng)]],
    ['as a shape', /^compile\('f'\)\.onArrays: the input 'x'/, specs.map((x) => () => identity.onArrays({ x }))],
    [
      'as a shape of a model',
      /^traceToOnnx\('f'\): the input 'x'/,
      specs.map((x) => () => traceToOnnx((i: { x: tf.Tensor }) => i, { x } as Untyped, f)),
    ],
    [
      'as a result',
      result,
      [{ y: 3 }, { y: [tf.scalar(1)] }, undefined, [], Promise.resolve({}), tf.scalar(1)].map(
        (x) => () => returning(x),
      ),
    ],
    ['as a function', options, [() => untyped(() => ({})), () => untyped(3, f)]],
    [
      'as the state',
      state,
      [{ name: 'f' }, { ...f, state: tf.variable(tf.scalar(1)) }, { ...f, state: undefined }].map(
        (x) => () => untyped(() => ({}), x),
      ),
    ],
    [
      'as one of the state',
      item,
      [
        undefined,
        [null],
        3,
        { v: 1 },
        tf.train.adam(),
        { weights: [tf.scalar(1)] },
        { weights: [{ read: () => 3 }] },
      ].map((x) => () => untyped(() => ({}), { name: 'f', state: [new Counter(), x] })),
    ],
  ];
  onAllEngines('is refused where it is', () => {
    const before = rng.state();
    for (const [what, message, calls] of forbidden) for (const call of calls) expect(call, what).toThrow(message);
    expect(rng.state()).toEqual(before);
    // Not after a call that was right, either.
    identity({ x: 1 });
    expect(() => identity({ x: disposed() })).toThrow(input);
  });
});

describe('calls that cannot be done', () => {
  onAllEngines('no rng passed, a call after dispose', () => {
    const draws = compile((_: object, rng) => ({ y: tf.add(rng.normalTensor([3]), rng.uniformTensor([3])) }), f);
    expect(() => draws({})).toThrow(/^compile\('f'\): the function draws random numbers \(rng\.normalTensor\)/);
    const onArrays = draws.onArrays({});
    draws.dispose();
    for (const call of [() => draws({}, new Rng(0)), () => onArrays({}, new Rng(0))])
      expect(call).toThrow("compile('f'): called after dispose");
  });

  const methods: [string, (rng: Rng) => unknown][] = [
    ['uniform', (rng) => rng.uniform()],
    ['normal', (rng) => rng.normal()],
    ['integer', (rng) => rng.integer(0, 2)],
    ['permutation', (rng) => rng.permutation(2)],
    ['fillNormal', (rng) => rng.fillNormal(new Float32Array(2))],
    ['fillUniform', (rng) => rng.fillUniform(new Float32Array(2))],
    ['split', (rng) => rng.split('child')],
    ['state', (rng) => rng.state()],
    ['restore', (rng) => rng.restore(new Rng(1).state())],
  ];
  onAllEngines('numbers from the rng, which would be frozen', () => {
    for (const [method, draw] of methods) {
      const fn = compile((_: object, rng) => ({ y: draw(rng) as tf.Tensor }), f);
      expect(() => fn({}, new Rng(1))).toThrow(`compile('f'): rng.${method} gives the host a value`);
    }
  });
});

describe('what cannot be traced', () => {
  const outside = tf.variable(tf.scalar(3), true, 'outside');
  const constant = tf.tensor1d([1, 2, 3]);
  const reads = /^compile\('f'\): the function reads the values of a tensor/;
  test.each<[string, (x: tf.Tensor) => unknown, string | RegExp]>([
    [
      'an undeclared tensor',
      () => tf.add(constant, 1),
      'a tensor [3] that is neither among its inputs nor in the state',
    ],
    ['an undeclared variable', () => tf.add(outside, 1), "(variable 'outside')"],
    ['an undeclared variable, returned', () => outside, "(variable 'outside')"],
    ['the values of an input', (x) => x.dataSync(), reads],
    ['the values of a result', (x) => tf.add(x, 1).arraySync(), reads],
    ['the values of an undeclared tensor', () => constant.dataSync(), reads],
    ['a printed tensor', (x) => x.print(), reads],
    [
      'an operation without a kernel',
      (x) => tf.maxPool(tf.mul(tf.ones([1, 4, 4, 1]), x) as tf.Tensor4D, 2, 2, 'valid'),
      "'MaxPool' cannot be traced",
    ],
    ['a disposed tensor', () => tf.add(disposed(), 1), /disposed/],
  ])('%s', (_, use, message) => {
    const fn = untyped(({ x }: { x: tf.Tensor }) => ({ y: use(x) }), f);
    const x = tf.tensor1d([1]);
    const [{ numTensors, numDataBuffers }, backend] = [tf.memory(), tf.getBackend()];
    expect(() => fn({ x })).toThrow(message);
    expect([tf.memory(), tf.getBackend()]).toMatchObject([{ numTensors, numDataBuffers }, backend]);
    expect([...numbers(constant), ...numbers(outside)]).toEqual([1, 2, 3, 3]);
  });

  test('a tensor kept from the call before; a constant may be kept, and read', () => {
    let kept: tf.Tensor | undefined;
    const keeper = compile(({ x }: { x: tf.Tensor }) => {
      const y = kept === undefined ? x : tf.add(x, kept);
      kept = tf.keep(tf.mul(x, 2));
      return { y };
    }, f);
    keeper({ x: 1 });
    expect(() => keeper({ x: 1 })).toThrow("compile('f'): the function uses a tensor [] that it kept");
    kept!.dispose();
    let mask: tf.Tensor | undefined;
    const masked = compile(({ x }: { x: tf.Tensor }) => {
      mask ??= tf.keep(tf.tensor1d([0, 1]));
      return { y: tf.mul(tf.mul(x, mask), tf.range(0, 5, 1).dataSync()[4]!) };
    }, f);
    expect(numbers(masked({ x: tf.tensor1d([3, 4]) }).y)).toEqual([0, 16]);
    expect(numbers(masked({ x: tf.tensor2d([[5, 6]]) }).y)).toEqual([0, 24]);
    expect(numbers(tf.add(mask!, 1))).toEqual([1, 2]);
    mask!.dispose();
  });

  test('eagerly an operation without a kernel runs', async () => {
    await selectEngine('eager');
    const pool = compile(
      ({ x }: { x: tf.Tensor }) => ({ y: tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid') as tf.Tensor }),
      f,
    );
    expect(pool({ x: tf.ones([1, 4, 4, 1]) }).y.shape).toEqual([1, 2, 2, 1]);
    await selectEngine();
  });
});

describe('what would be frozen', () => {
  const weight = tf.variable(tf.scalar(2));
  const random = 'draws random numbers elsewhere than from its rng';
  const { adadelta, adagrad, adam, adamax, momentum, rmsprop, sgd } = tf.train;
  const optimizers = [...[adadelta, adagrad, adam, adamax, rmsprop, sgd].map((make) => make(0.1)), momentum(0.1, 0.9)];
  const refused: [string, () => tf.Tensor, string][] = [
    ['tf.randomNormal', () => tf.randomNormal([3]), random],
    ['tf.dropout', () => tf.dropout(tf.ones([8]), 0.5), random],
    ['Math.random', () => tf.scalar(Math.random()), random],
    [
      'a layer that has not been built',
      () => tfl.layers.dense({ units: 1 }).apply(tf.ones([1, 2])) as tf.Tensor,
      random,
    ],
    ['Date.now', () => tf.scalar(Date.now()), 'reads the clock'],
    ['new Date', () => tf.scalar(new Date().getUTCFullYear()), 'reads the clock'],
    ['Date', () => tf.scalar(Date().length), 'reads the clock'],
    ['performance.now', () => tf.scalar(performance.now()), 'reads the clock'],
    ['tf.variable', () => tf.variable(tf.scalar(1)), 'makes a variable'],
    ['tf.setBackend', () => tf.scalar(Number(tf.setBackend('cpu') === undefined)), 'changes the tfjs backend'],
    ...optimizers.map((optimizer): [string, () => tf.Tensor, string] => [
      optimizer.getClassName(),
      () => optimizer.minimize(() => tf.square(weight), true, [weight])!,
      'uses an optimizer of tf.train',
    ]),
  ];
  const names = () => [Math, performance, globalThis].map((object) => Object.getOwnPropertyNames(object));

  onAllEngines('is refused; outside it goes on', () => {
    for (const [what, use, message] of refused) {
      const own = names();
      const fn = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.add(x, use()) }), { name: 'f', state: [weight] });
      for (const x of [tf.scalar(1), tf.tensor1d([1, 2, 3])])
        expect(() => fn({ x }), what).toThrow(`compile('f'): the function ${message}`);
      expect(names()).toEqual(own);
      expect(() => tf.dispose(use())).not.toThrow();
      expect(tf.getBackend()).toBe('cpu');
    }
    const year = (text: string): number => new Date(text).getUTCFullYear() + Number(new Date(0) instanceof Date);
    const dates = compile(() => ({ y: tf.scalar(year('2020-01-01') + Date.UTC(1970, 0, 1)) }), f);
    expect(dates({}).y.dataSync()[0]).toBe(2021);
  });

  const counter = new Counter();
  const scalars = (n: number): Record<string, tf.Tensor> =>
    n > 0 ? { a: tf.scalar(1), b: tf.scalar(2) } : { b: tf.scalar(2), a: tf.scalar(1) };
  const large = (n: number) => ({ y: tf.tensor1d(Float32Array.from({ length: 1000 }, (_, i) => i % (n + 5))) });
  test.each<[string, (n: number, rng: Rng) => Record<string, tf.Tensor>]>([
    ['a number', (n) => ({ y: tf.mul(tf.ones([3]), n) })],
    ['a large constant', large],
    ['the names of the results', (n) => ({ [`y${n}`]: tf.scalar(1) })],
    ['the number of results', (n) => ({ y: tf.scalar(1), ...(n > 0 ? { z: tf.scalar(1) } : {}) })],
    ['the order of the results', scalars],
    [
      'what is assigned',
      (n) => {
        counter.count.assign(tf.scalar(n));
        return {};
      },
    ],
    ['what is drawn', (n, rng) => ({ y: n === 0 ? rng.normalTensor([2]) : rng.uniformTensor([2]) })],
  ])('%s that has changed at the second call of a signature', (_, result) => {
    let calls = 0;
    const fn = compile(({ x: _ }: { x: tf.Tensor }, rng) => result(calls++, rng), { name: 'f', state: [counter] });
    for (const x of [tf.scalar(1), tf.ones([2])]) {
      calls = 0;
      fn({ x }, new Rng(1));
      const before = numbers(counter.count);
      for (const _ of [1, 2]) expect(() => fn({ x }, new Rng(1))).toThrow(/not the same when it is traced again/);
      expect(numbers(counter.count)).toEqual(before);
    }
    const same = compile(() => large(0), f);
    for (let i = 0; i < 3; i++) expect(numbers(same({}).y).at(-1)).toBe(4);
  });
});
