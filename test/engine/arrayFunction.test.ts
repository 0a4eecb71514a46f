import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { Adam } from '../../src/engine/optimizers.ts';
import { selectEngine } from '../../src/engine/runtime/engine.ts';
import { valueAndGradients } from '../../src/engine/valueAndGradients.ts';
import { Rng } from '../../src/random.ts';
import { Counter, expectClose, Net, numbers } from './support.ts';

const ENGINES = ['eager', 'onnxruntime-node', 'wasm'];
afterAll(() => selectEngine());

/** A copy of what a call gave, in plain numbers. */
const copy = (arrays: Record<string, ArrayLike<number>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(arrays).map(([name, values]) => [name, Array.from(values)]));

describe.each(ENGINES)('%s', (engine) => {
  test('the numbers of the call on tensors, of every type, draws included', async () => {
    await selectEngine(engine);
    const net = new Net([3, 4, 2], 'net');
    const fn = compile(
      (i: Record<'x' | 'rows' | 'on' | 'scale', tf.Tensor>, rng) => {
        const noise = tf.add(rng.normalTensor([5, 2]), rng.uniformTensor([5, 2]));
        const y = tf.add(tf.mul(net.apply(i.x), i.scale), noise);
        return {
          y,
          positive: tf.greater(y, 0),
          rows: tf.add(i.rows, tf.scalar(1, 'int32')),
          x: i.x,
          on: tf.logicalNot(i.on),
          bias: net.bias2,
        };
      },
      { name: 'fn', state: [net] },
    );
    const onArrays = fn.onArrays({
      rows: { shape: [2], dtype: 'int32' },
      x: { shape: [5, 3] },
      on: { shape: [2], dtype: 'bool' },
      scale: { shape: [] },
    });
    const [left, right, data] = [new Rng('a'), new Rng('a'), new Rng('data')];
    for (let i = 0; i < 4; i++) {
      const x = data.fillNormal(new Float32Array(15));
      const [rows, on] = [Int32Array.of(i, -7), Uint8Array.of(i % 2, 1)];
      const got = onArrays({ x, rows, on, scale: 0.5 * i }, left);
      const wanted = fn(
        { x: tf.tensor2d(x, [5, 3]), rows: tf.tensor1d(rows, 'int32'), on: tf.tensor1d(on, 'bool'), scale: 0.5 * i },
        right,
      );
      expect(Object.keys(got)).toEqual(Object.keys(wanted));
      for (const [name, tensor] of Object.entries(wanted))
        expect(Array.from(got[name as 'y'])).toEqual(numbers(tensor));
      expect(got.y).toBeInstanceOf(Float32Array);
      expect(got.rows).toBeInstanceOf(Int32Array);
      expect(got.positive).toBeInstanceOf(Uint8Array);
      // They belong to the call: what is done to them touches neither a variable nor the caller's array.
      got.bias.fill(9);
      got.x.fill(9);
      expect(numbers(net.bias2)).not.toContain(9);
      expect(Array.from(x)).not.toContain(9);
    }
    expect(left.uniform()).toBe(right.uniform());
    fn.dispose();
  });

  test('variables change between calls, by compiled steps and by assignment; what was passed in stays the caller’s', async () => {
    await selectEngine(engine);
    const net = new Net([3, 4, 1], 'net');
    const optimizer = new Adam(net.variables());
    const data = new Rng('data');
    const [x, y] = [data.fillNormal(new Float32Array(12)), data.fillNormal(new Float32Array(4))];
    const act = compile((i: { x: tf.Tensor }) => ({ y: net.apply(i.x) }), { name: 'act', state: [net] });
    const update = compile(
      (i: Record<'x' | 'y' | 'learningRate', tf.Tensor>) => {
        const { loss, gradients } = valueAndGradients(
          () => ({ loss: tf.mean(tf.squaredDifference(tf.reshape(net.apply(i.x), [4]), i.y)) }),
          net.variables(),
        );
        optimizer.update(gradients, i.learningRate);
        return { loss };
      },
      { name: 'update', state: [net, optimizer] },
    );
    const actOnArrays = act.onArrays({ x: { shape: [4, 3] } });
    const updateOnArrays = update.onArrays({ x: { shape: [4, 3] }, y: { shape: [4] }, learningRate: { shape: [] } });
    const check = (): void =>
      expectClose(actOnArrays({ x }).y, numbers(tf.tidy(() => net.apply(tf.tensor2d(x, [4, 3])))));
    check();
    const losses = Array.from({ length: 20 }, () => {
      const loss = updateOnArrays({ x, y, learningRate: 0.05 }).loss[0]!;
      check();
      return loss;
    });
    expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!);
    net.bias2.assign(tf.tensor1d([7]));
    check();
    net.loadStateDict(new Net([3, 4, 1], 'other').stateDict());
    check();
    const keep = compile(
      (i: { x: tf.Tensor }) => {
        net.bias2.assign(i.x);
        return {};
      },
      { name: 'keep', state: [net] },
    );
    const given = Float32Array.of(3);
    keep.onArrays({ x: { shape: [1] } })({ x: given });
    given[0] = 4;
    expect(numbers(net.bias2)).toEqual([3]);
    check();
  });

  test('plain numbers and other array types are converted', async () => {
    await selectEngine(engine);
    const twice = compile((i: { x: tf.Tensor }) => ({ y: tf.mul(i.x, 2) }), { name: 'twice', state: [] });
    const onArrays = twice.onArrays({ x: { shape: [2] } });
    for (const x of [[1, 2.5], Float64Array.of(1, 2.5)]) expect(copy(onArrays({ x }))).toEqual({ y: [2, 5] });
    const scalar = twice.onArrays({ x: { shape: [] } });
    for (const x of [3, [3]]) expect(copy(scalar({ x }))).toEqual({ y: [6] });
  });

  test('wrong inputs', async () => {
    await selectEngine(engine);
    // biome-ignore lint/suspicious/noExplicitAny: what a user without types can write.
    const fn: any = compile(
      (i: { x: tf.Tensor; rate: tf.Tensor }, rng) => ({ y: tf.add(rng.normalTensor([2, 2]), i.x) }),
      {
        name: 'fn',
        state: [],
      },
    );
    const onArrays = fn.onArrays({ x: { shape: [2, 2] }, rate: { shape: [] } });
    const rng = new Rng(0);
    const refused = (got: string) =>
      `compile('fn'): the input 'x': got ${got}, expected an array of 4, the elements of [2, 2]`;
    expect(() => onArrays({ x: new Float32Array(3), rate: 1 }, rng)).toThrow(refused('3 numbers'));
    expect(() => onArrays({ x: [], rate: 1 }, rng)).toThrow(refused('0 numbers'));
    expect(() => onArrays({ x: 1, rate: 1 }, rng)).toThrow(refused('number'));
    expect(() => onArrays({ rate: 1 }, rng)).toThrow(refused('undefined'));
    expect(() => onArrays({ x: null, rate: 1 }, rng)).toThrow(refused('null'));
    expect(() => onArrays({ x: tf.ones([2, 2]), rate: 1 }, rng)).toThrow(refused('a tensor'));
    expect(() => onArrays({ x: [1, 2, 3, 4] }, rng)).toThrow(
      `compile('fn'): the input 'rate': got undefined, expected a number`,
    );
    expect(() => onArrays({ x: [1, 2, 3, 4], rate: 1 })).toThrow("compile('fn'): the function draws random numbers");
    expect(rng.uniform()).toBe(new Rng(0).uniform());
    fn.dispose();
    expect(() => onArrays({ x: [1, 2, 3, 4], rate: 1 }, rng)).toThrow("compile('fn'): called after dispose");
  });

  test('a call that fails leaves the stream where it was', async () => {
    await selectEngine(engine);
    const pick = compile(
      (i: { at: tf.Tensor }, rng) => ({ y: tf.gather(rng.normalTensor([3]), tf.cast(i.at, 'int32')) }),
      { name: 'pick', state: [] },
    );
    const onArrays = pick.onArrays({ at: { shape: [1] } });
    const rng = new Rng('pick');
    const fresh = new Rng('pick');
    onArrays({ at: [1] }, rng);
    fresh.fillNormal(new Float32Array(3));
    expect(() => onArrays({ at: [5] }, rng)).toThrow();
    expect(rng.uniform()).toBe(fresh.uniform());
  });

  test('memory is flat over 10,000 calls', async () => {
    await selectEngine(engine);
    const net = new Net([3, 4, 1], 'net');
    const counter = new Counter();
    const act = compile(
      (i: { x: tf.Tensor }, rng) => {
        counter.count.assign(tf.add(counter.count, 1));
        return { y: tf.add(net.apply(i.x), rng.normalTensor([1, 1])) };
      },
      { name: 'act', state: [net, counter] },
    );
    const onArrays = act.onArrays({ x: { shape: [1, 3] } });
    const x = new Float32Array(3);
    const rng = new Rng(0);
    for (let i = 0; i < 100; i++) onArrays({ x }, rng);
    const { numTensors, numBytes, numDataBuffers } = tf.memory();
    for (let i = 0; i < (engine === 'eager' ? 1000 : 10_000); i++) onArrays({ x }, rng);
    expect(tf.memory()).toMatchObject({ numTensors, numBytes, numDataBuffers });
  });
});

test('inside another compiled function it is an error', () => {
  const inner = compile((i: { x: tf.Tensor }) => ({ y: i.x }), { name: 'inner', state: [] });
  const onArrays = inner.onArrays({ x: { shape: [] } });
  const outer = compile(() => ({ y: tf.scalar(onArrays({ x: 1 }).y[0]!) }), { name: 'outer', state: [] });
  expect(() => outer({})).toThrow("compile('inner'): called on arrays inside another compiled function");
});

test('the WebAssembly memory may grow between calls, and the engine may be another one', async () => {
  await selectEngine('wasm');
  const net = new Net([3, 4, 2], 'net');
  const act = compile((i: { x: tf.Tensor }) => ({ y: net.apply(i.x) }), { name: 'act', state: [net] });
  const onArrays = act.onArrays({ x: { shape: [1, 3] } });
  const x = Float32Array.of(1, -2, 3);
  const wanted = copy(onArrays({ x }));
  for (const size of [2e6, 4e6]) {
    const big = compile((i: { x: tf.Tensor }) => ({ y: tf.add(i.x, 1) }), { name: 'big', state: [] });
    tf.tidy(() => big({ x: tf.zeros([size]) }));
    expect(copy(onArrays({ x }))).toEqual(wanted);
    net.bias2.assign(tf.add(net.bias2, 0));
    expect(copy(onArrays({ x }))).toEqual(wanted);
    big.dispose();
  }
  for (const engine of ['eager', 'onnxruntime-node', 'wasm']) {
    await selectEngine(engine);
    expectClose(onArrays({ x }).y, wanted.y!);
  }
});
