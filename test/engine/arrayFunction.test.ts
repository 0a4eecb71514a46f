import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { Adam } from '../../src/engine/optimizers.ts';
import { selectEngine } from '../../src/engine/runtime/engine.ts';
import { valueAndGradients } from '../../src/engine/valueAndGradients.ts';
import { Rng } from '../../src/random.ts';
import { expectClose, Net, numbers, onAllEngines } from './support.ts';

/** A copy of what a call gave, in plain numbers. */
const copy = (arrays: Record<string, ArrayLike<number>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(arrays).map(([name, values]) => [name, Array.from(values)]));

onAllEngines('the numbers of the call on tensors, of every type, draws included', () => {
  const net = new Net([3, 4, 2], 'net');
  const fn = compile(
    (i: Record<'x' | 'rows' | 'on' | 'scale', tf.Tensor>, rng) => {
      const noise = tf.add(rng.normalTensor([5, 2]), rng.uniformTensor([5, 2]));
      const y = tf.add(tf.mul(net.apply(i.x), i.scale), noise);
      const rows = tf.add(i.rows, tf.scalar(1, 'int32'));
      return { y, positive: tf.greater(y, 0), rows, x: i.x, on: tf.logicalNot(i.on), bias: net.bias2 };
    },
    { name: 'fn', state: [net] },
  );
  const onArrays = fn.onArrays({
    ...{ rows: { shape: [2], dtype: 'int32' }, x: { shape: [5, 3] } },
    ...{ on: { shape: [2], dtype: 'bool' }, scale: { shape: [] } },
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
    for (const [name, tensor] of Object.entries(wanted)) expect(Array.from(got[name as 'y'])).toEqual(numbers(tensor));
    expect(got.y).toBeInstanceOf(Float32Array);
    expect(got.rows).toBeInstanceOf(Int32Array);
    expect(got.positive).toBeInstanceOf(Uint8Array);
    // They belong to the call: what is done to them touches neither a variable nor the caller's array.
    got.bias.fill(9);
    got.x.fill(9);
    expect([...numbers(net.bias2), ...x]).not.toContain(9);
  }
  expect(left.uniform()).toBe(right.uniform());
});

onAllEngines(
  'variables change between calls, by compiled steps and by assignment; what was passed in stays the caller’s',
  () => {
    const net = new Net([3, 4, 1], 'net');
    const optimizer = new Adam(net.variables());
    const data = new Rng('data');
    const [x, y] = [data.fillNormal(new Float32Array(12)), data.fillNormal(new Float32Array(4))];
    const act = compile((i: { x: tf.Tensor }) => ({ y: net.apply(i.x) }), { name: 'act', state: [net] });
    const update = compile(
      (i: Record<'x' | 'y' | 'learningRate', tf.Tensor>) => {
        const lossOf = () => ({ loss: tf.mean(tf.squaredDifference(tf.reshape(net.apply(i.x), [4]), i.y)) });
        const { loss, gradients } = valueAndGradients(lossOf, net.variables());
        optimizer.update(gradients, i.learningRate);
        return { loss };
      },
      { name: 'update', state: [net, optimizer] },
    );
    const keep = compile(
      (i: { x: tf.Tensor }) => {
        net.bias2.assign(i.x);
        return {};
      },
      { name: 'keep', state: [net] },
    ).onArrays({ x: { shape: [1] } });
    const actOnArrays = act.onArrays({ x: { shape: [4, 3] } });
    const updateOnArrays = update.onArrays({ x: { shape: [4, 3] }, y: { shape: [4] }, learningRate: { shape: [] } });
    const check = (): void =>
      expectClose(actOnArrays({ x }).y, numbers(tf.tidy(() => net.apply(tf.tensor2d(x, [4, 3])))));
    const losses = Array.from({ length: 20 }, () => {
      check();
      return updateOnArrays({ x, y, learningRate: 0.05 }).loss[0]!;
    });
    expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!);
    check();
    net.bias2.assign(tf.tensor1d([7]));
    check();
    net.loadStateDict(new Net([3, 4, 1], 'other').stateDict());
    check();
    const given = Float32Array.of(3);
    keep({ x: given });
    given[0] = 4;
    expect(numbers(net.bias2)).toEqual([3]);
    check();
  },
);

onAllEngines('plain numbers and other array types are converted', () => {
  const twice = compile((i: { x: tf.Tensor }) => ({ y: tf.mul(i.x, 2) }), { name: 'twice', state: [] });
  const [vector, scalar] = [twice.onArrays({ x: { shape: [2] } }), twice.onArrays({ x: { shape: [] } })];
  for (const x of [[1, 2.5], Float64Array.of(1, 2.5)]) expect(copy(vector({ x }))).toEqual({ y: [2, 5] });
  for (const x of [3, [3]]) expect(copy(scalar({ x }))).toEqual({ y: [6] });
});

onAllEngines('a call that fails leaves the stream where it was', () => {
  const pick = compile(
    (i: { at: tf.Tensor }, rng) => ({ y: tf.gather(rng.normalTensor([3]), tf.cast(i.at, 'int32')) }),
    { name: 'pick', state: [] },
  ).onArrays({ at: { shape: [1] } });
  const [rng, fresh] = [new Rng('pick'), new Rng('pick')];
  pick({ at: [1] }, rng);
  fresh.fillNormal(new Float32Array(3));
  expect(() => pick({ at: [5] }, rng)).toThrow();
  expect(rng.uniform()).toBe(fresh.uniform());
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
  for (const engine of ['eager', 'native', 'wasm']) {
    await selectEngine(engine);
    expectClose(onArrays({ x }).y, wanted.y!);
  }
  await selectEngine();
});
