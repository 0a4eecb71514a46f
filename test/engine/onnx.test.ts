import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { ProtobufWriter } from '../../src/engine/bytes.ts';
import { compile } from '../../src/engine/compile.ts';
import { traceToOnnx } from '../../src/engine/traceToOnnx.ts';
import { Rng } from '../../src/random.ts';
import { all, decode, text } from '../support/protobuf.ts';
import { Counter, expectClose, Net, numbers } from './support.ts';

describe('the protobuf writer', () => {
  test.each([
    [0, 0n],
    [127, 127n],
    [128, 128n],
    [2 ** 31, 2n ** 31n],
    [-1, 2n ** 64n - 1n],
    [-(2n ** 63n), 2n ** 63n],
    [2n ** 63n - 1n, 2n ** 63n - 1n],
  ])('integer %s', (value, wanted) => {
    expect(decode(new ProtobufWriter().int(20, value).finish())).toEqual([{ number: 20, value: wanted }]);
  });

  test('floats, strings, bytes and nested messages, longer than its first buffer', () => {
    const long = new Uint8Array(1000).fill(7);
    const bytes = new ProtobufWriter()
      .float(1, 1.5)
      .string(2, 'Köln')
      .message(3, (inner) => inner.bytes(4, long).int(5, 6))
      .messages(6, [1, 2], (inner, item) => inner.int(1, item))
      .finish();
    const fields = decode(bytes);
    expect(fields.map(({ number }) => number)).toEqual([1, 2, 3, 6, 6]);
    expect(new DataView((fields[0]!.value as Uint8Array).slice().buffer).getFloat32(0, true)).toBe(1.5);
    expect(text(fields[1]!.value)).toBe('Köln');
    expect(decode(fields[2]!.value as Uint8Array)).toEqual([
      { number: 4, value: long },
      { number: 5, value: 6n },
    ]);
    expect(decode(fields[4]!.value as Uint8Array)).toEqual([{ number: 1, value: 2n }]);
  });
});

describe('a function as a model', () => {
  const net = new Net([3, 8, 2], 'model');
  const policy = ({ observation, scale }: { observation: tf.Tensor; scale: tf.Tensor }, rng: Rng) => {
    const mean = net.apply(observation);
    const noise = rng.normalTensor(mean.shape);
    const mask = tf.cast(tf.less(rng.uniformTensor(mean.shape), 0.5), 'float32');
    const batched = tf.matMul(tf.reshape(mean, [2, 2, 2]), tf.reshape(noise, [2, 2, 2]), false, true);
    return {
      action: tf.add(mean, tf.mul(tf.mul(noise, mask), scale)),
      logProb: tf.sum(tf.square(noise), 1),
      best: tf.argMax(mean, 1) as tf.Tensor,
      batched: batched as tf.Tensor,
    };
  };
  const inputs = { observation: { shape: [4, 3] }, scale: { shape: [] } };

  test('ONNX Runtime alone runs it to the same numbers', async () => {
    const exported = traceToOnnx(policy, inputs, { name: 'policy', state: [net] });
    expect(exported.inputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['observation', [4, 3]],
      ['scale', []],
      ['noise0', [4, 2]],
      ['noise1', [4, 2]],
    ]);
    const session = await ort.InferenceSession.create(exported.model);
    expect(session.inputNames).toEqual(['observation', 'scale', 'noise0', 'noise1']);
    expect(session.outputNames).toEqual(['action', 'logProb', 'best', 'batched']);
    const observation = new Rng('observation').normalTensor([4, 3]);
    const compiled = compile(policy, { name: 'policy', state: [net] });
    const wanted = compiled({ observation, scale: 0.3 }, new Rng('noise'));
    const eager = tf.tidy(() => policy({ observation, scale: tf.scalar(0.3) }, new Rng('noise')));
    const rng = new Rng('noise');
    const feed = (data: Float32Array | ArrayLike<number>, shape: number[]) =>
      new ort.Tensor('float32', Float32Array.from(data), shape);
    const got = await session.run({
      observation: feed(numbers(observation), [4, 3]),
      scale: feed([0.3], []),
      noise0: feed(rng.fillNormal(new Float32Array(8)), [4, 2]),
      noise1: feed(rng.fillUniform(new Float32Array(8)), [4, 2]),
    });
    for (const key of ['action', 'logProb', 'best', 'batched'] as const) {
      expectClose(got[key]!.data as Float32Array, numbers(eager[key]));
      expectClose(numbers(wanted[key]), numbers(eager[key]));
    }
  });

  test('it uses the standard operators only, all nodes named, versions 9 and 18', () => {
    const fields = decode(traceToOnnx(policy, inputs, { name: 'policy', state: [net] }).model);
    expect(all(fields, 1)).toEqual([9n]);
    const opsets = all(fields, 8).map((opset) => decode(opset as Uint8Array));
    expect(opsets.map((opset) => [text(all(opset, 1)[0]!), all(opset, 2)[0]])).toEqual([['', 18n]]);
    const graph = decode(all(fields, 7)[0] as Uint8Array);
    expect(text(all(graph, 2)[0]!)).toBe('policy');
    const nodes = all(graph, 1).map((node) => decode(node as Uint8Array));
    expect(nodes.length).toBeGreaterThan(5);
    for (const node of nodes) {
      expect(all(node, 3).length).toBe(1);
      expect(all(node, 7)).toEqual([]);
    }
    const names = nodes.map((node) => text(all(node, 3)[0]!));
    expect(new Set(names).size).toBe(names.length);
  });

  test('an input that nothing uses is there, and a variable has its value of that moment', async () => {
    const counter = new Counter();
    counter.count.assign(tf.scalar(5));
    const { model } = traceToOnnx(
      ({ x }: { x: tf.Tensor; unused: tf.Tensor }) => ({ y: tf.add(x, counter.count) }),
      { x: { shape: [2], dtype: 'float32' }, unused: { shape: [1], dtype: 'int32' } },
      { name: 'counter', state: [counter] },
    );
    counter.count.assign(tf.scalar(6));
    const session = await ort.InferenceSession.create(model);
    expect(session.inputNames).toEqual(['x', 'unused']);
    const { y } = await session.run({
      x: new ort.Tensor('float32', [1, 2], [2]),
      unused: new ort.Tensor('int32', [0], [1]),
    });
    expect(Array.from(y!.data as Float32Array)).toEqual([6, 7]);
  });

  test('a size may be free: sums, slices and repetitions along it, constants of its size', async () => {
    const fn = ({ x, y }: { x: tf.Tensor; y: tf.Tensor }, rng: Rng) => {
      const [n] = x.shape as [number];
      const row = tf.tensor1d([1, 2]);
      const twice = tf.concat([x, tf.tile(x, [2, 1])]);
      const shifted = tf.add(twice, rng.normalTensor([3 * n, 2]));
      return {
        ends: tf.slice(twice, [n - 1, 0], [2 * n, 2]),
        rows: tf.reshape(tf.mul(shifted, tf.ones([3 * n, 1])), [n, 6]),
        last: tf.reverse(tf.add(x, tf.tile(tf.expandDims(row), [n, 1])), 0),
        mean: tf.mean(y, 0),
        padded: tf.pad(x, [
          [0, n],
          [1, 0],
        ]),
      };
    };
    const about = { name: 'free', state: [] };
    const exported = traceToOnnx(fn, { x: { shape: ['n', 2] }, y: { shape: [4, 'n'] } }, about);
    const shapes = (specs: readonly { name: string; shape: readonly unknown[] }[]) =>
      Object.fromEntries(specs.map(({ name, shape }) => [name, shape]));
    expect(shapes(exported.inputs)).toEqual({ x: ['n', 2], y: [4, 'n'], noise0: ['3*n', 2] });
    expect(shapes(exported.outputs)).toEqual({
      ...{ ends: ['2*n', 2], rows: ['n', 6], last: ['n', 2], mean: ['n'], padded: ['2*n', 3] },
    });
    const session = await ort.InferenceSession.create(exported.model);
    for (const n of [1, 2, 7]) {
      const draw = (shape: number[]) => new Rng(String(shape)).normalTensor(shape);
      const [x, y] = [draw([n, 2]), draw([4, n])];
      const wanted = tf.tidy(() => fn({ x, y }, new Rng('noise')));
      const feed = (data: Float32Array, shape: number[]) => new ort.Tensor('float32', data, shape);
      const got = await session.run({
        x: feed(x.dataSync<'float32'>(), [n, 2]),
        y: feed(y.dataSync<'float32'>(), [4, n]),
        noise0: feed(new Rng('noise').fillNormal(new Float32Array(6 * n)), [3 * n, 2]),
      });
      for (const [key, tensor] of Object.entries(wanted)) {
        expect(got[key]!.dims).toEqual(tensor.shape);
        expectClose(got[key]!.data as Float32Array, numbers(tensor));
      }
    }
  });

  test.each<[string, (x: tf.Tensor) => tf.Tensor, RegExp]>([
    ['a number of it', (x) => tf.div(x, x.shape[0]!), /has a constant of .*Div.* that is not one slice over and over/],
    ['a list', (x) => tf.add(x, tf.expandDims(tf.range(0, x.shape[0]!), 1)), /a constant of .*Add.* not one slice/],
    ['a square', (x) => tf.reshape(tf.matMul(x, x, false, true), [-1]), /whose shape is no multiple|no multiple of it/],
    ['a unit for each', (x) => tf.addN(tf.unstack(x)), /operations of another number|has (an)?other/],
  ])('a size cannot be free: %s', (_, f, message) => {
    const call = () =>
      traceToOnnx(({ x }: { x: tf.Tensor }) => ({ y: f(x) }), { x: { shape: ['batch', 2] } }, { name: 'f', state: [] });
    expect(call).toThrow(message);
    expect(call).toThrow(/^traceToOnnx\('f'\): 'batch' cannot be a free size: at other sizes the function has /);
  });

  test('one size alone may be free', () => {
    const fn = ({ x }: { x: tf.Tensor }) => ({ y: tf.neg(x) });
    expect(() => traceToOnnx(fn, { x: { shape: ['batch', 'time'] } }, { name: 'f', state: [] })).toThrow(
      new Error("traceToOnnx('f'): one size may be free, got 'batch' and 'time'"),
    );
  });

  test('what a model cannot do is an error', () => {
    const counter = new Counter();
    const options = { name: 'f', state: [counter] };
    const assigns = () => {
      counter.count.assign(tf.add(counter.count, 1));
      return { y: tf.scalar(1) };
    };
    expect(() => traceToOnnx(assigns, {}, options)).toThrow("traceToOnnx('f'): the function assigns to a variable");
    const same = ({ x }: { x: tf.Tensor }) => ({ x: tf.neg(x) });
    expect(() => traceToOnnx(same, { x: { shape: [1] } }, options)).toThrow(
      "traceToOnnx('f'): two tensors of the model are called 'x'",
    );
  });
});
