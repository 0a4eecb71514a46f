import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { Bytes, ProtobufWriter } from '../../src/engine/bytes.ts';
import { compile } from '../../src/engine/compile.ts';
import { Graph } from '../../src/engine/graph/graph.ts';
import { matMul } from '../../src/engine/graph/linearAlgebra.ts';
import { lower } from '../../src/engine/onnx/lower.ts';
import { traceToOnnx } from '../../src/engine/traceToOnnx.ts';
import { Rng } from '../../src/random.ts';
import { exported } from '../support/onnx.ts';
import { all, decode, text } from '../support/protobuf.ts';
import { input, output } from './graphPorts.ts';
import { Counter, expectClose, Net, numbers } from './support.ts';

describe('bytes', () => {
  const written = (write: (bytes: Bytes) => void): number[] => {
    const bytes = new Bytes();
    write(bytes);
    expect(bytes.length).toBe(bytes.view.length);
    return [...bytes.view];
  };
  /** The integer that LEB128 bytes stand for, in seven bits each; a signed one's highest bit counts as negative. */
  const decoded = (bytes: readonly number[], isSigned: boolean): bigint => {
    expect(bytes.map((byte) => byte >= 0x80)).toEqual(bytes.map((_, i) => i < bytes.length - 1));
    const value = bytes.reduce((sum, byte, i) => sum + (BigInt(byte & 0x7f) << BigInt(7 * i)), 0n);
    return isSigned ? BigInt.asIntN(7 * bytes.length, value) : value;
  };

  test('integers', () => {
    for (const value of [0, 127, 128, 300, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2n ** 64n - 1n]) {
      const bytes = written((b) => b.unsigned(value));
      expect(decoded(bytes, false)).toBe(BigInt(value));
      expect(bytes.length).toBe(Math.max(1, Math.ceil(BigInt(value).toString(2).length / 7)));
    }
    const minusOne = written((b) => b.unsigned(-1));
    expect(decoded(minusOne, false)).toBe(2n ** 64n - 1n);
    for (const value of [0, 63, 64, -64, -65, 8191, 8192, -8193, 2 ** 31 - 1, -(2 ** 31)]) {
      const bytes = written((b) => b.signed32(value));
      expect(decoded(bytes, true)).toBe(BigInt(value));
      expect(written((b) => b.signed64(BigInt(value)))).toEqual(bytes);
    }
    for (const value of [2n ** 63n - 1n, -(2n ** 63n)]) {
      const bytes = written((b) => b.signed64(value));
      expect(decoded(bytes, true)).toBe(value);
    }
    for (const value of [0, 127, 128, 2 ** 31, -1, -(2n ** 63n), 2n ** 63n - 1n]) {
      const wanted = BigInt.asUintN(64, BigInt(value));
      expect(decode(new ProtobufWriter().int(20, value).finish())).toEqual([{ number: 20, value: wanted }]);
    }
  });

  test('floats, texts, arrays and nested messages, longer than the first buffer', () => {
    const long = Array.from({ length: 1000 }, (_, i) => i % 256);
    const bytes = written((b) => {
      b.float32(1.5);
      b.float64(-0.1);
      b.text('Köln');
      b.counted(long);
      b.byte(7);
    });
    const view = new DataView(Uint8Array.from(bytes).buffer);
    expect([view.getFloat32(0, true), view.getFloat64(4, true)]).toEqual([1.5, -0.1]);
    expect(bytes.slice(12)).toEqual([5, 0x4b, 0xc3, 0xb6, 0x6c, 0x6e, 0xe8, 0x07, ...long, 7]);
    const message = new ProtobufWriter()
      .float(1, 1.5)
      .string(2, 'Köln')
      .message(3, (inner) => inner.bytes(4, Uint8Array.from(long)).int(5, 6))
      .messages(6, [1, 2], (inner, item) => inner.int(1, item))
      .finish();
    const fields = decode(message);
    expect(fields.map(({ number }) => number)).toEqual([1, 2, 3, 6, 6]);
    expect(new DataView((fields[0]!.value as Uint8Array).slice().buffer).getFloat32(0, true)).toBe(1.5);
    expect(text(fields[1]!.value)).toBe('Köln');
    expect(decode(fields[2]!.value as Uint8Array)).toEqual([
      { number: 4, value: Uint8Array.from(long) },
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

  test('what a model cannot do is an error', () => {
    const counter = new Counter();
    const about = { name: 'f', state: [counter] };
    const free = (f: (x: tf.Tensor) => tf.Tensor) => () =>
      traceToOnnx(({ x }: { x: tf.Tensor }) => ({ y: f(x) }), { x: { shape: ['batch', 2] } }, about);
    const assigns = () => {
      counter.count.assign(tf.add(counter.count, 1));
      return { y: tf.scalar(1) };
    };
    const same = ({ x }: { x: tf.Tensor }) => ({ x: tf.neg(x) });
    const refused: [() => unknown, RegExp][] = [
      [free((x) => tf.div(x, x.shape[0]!)), /^traceToOnnx\('f'\): 'batch' cannot be a free size: .* a constant of /],
      [
        free((x) => tf.add(x, tf.expandDims(tf.range(0, x.shape[0]!), 1))),
        /^traceToOnnx\('f'\): 'batch' cannot be a free size: .* a constant of /,
      ],
      [
        free((x) => tf.reshape(tf.matMul(x, x, false, true), [-1])),
        /^traceToOnnx\('f'\): 'batch' cannot be a free size: .*no multiple/,
      ],
      [free((x) => tf.addN(tf.unstack(x))), /^traceToOnnx\('f'\): 'batch' cannot be a free size: .*other/],
      [
        () => traceToOnnx(same, { x: { shape: ['a', 'b'] } }, about),
        /^traceToOnnx\('f'\): one size may be free, got 'a' and 'b'/,
      ],
      [() => traceToOnnx(assigns, {}, about), /^traceToOnnx\('f'\): the function assigns to a variable/],
      [
        () => traceToOnnx(same, { x: { shape: [1] } }, about),
        /^traceToOnnx\('f'\): two tensors of the model are called 'x'/,
      ],
    ];
    for (const [call, message] of refused) expect(call).toThrow(message);
  });

  test('convolutions are those of the standard', () => {
    const { model } = traceToOnnx(
      ({ x, w }: { x: tf.Tensor; w: tf.Tensor }) => ({ y: tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same') }),
      { x: { shape: [1, 5, 5, 2] }, w: { shape: [3, 3, 2, 4] } },
      { name: 'exported', state: [] },
    );
    const names = Buffer.from(model).toString('latin1');
    expect(names).toMatch(/Conv\b/);
    expect(names).not.toMatch(/Conv2D\b(?!\/)|com\.microsoft/);
  });
});

describe('types that ONNX Runtime does not have', () => {
  test('a tensor that several operations need in another type is cast once', async () => {
    const fn = ({ x, y }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => ({
      ...{ a: tf.where(x!, x!, y!), b: tf.where(x!, y!, x!), c: tf.where(y!, x!, y!) },
    });
    const [x, y] = [tf.tensor1d([1, 0, 0, 1], 'bool'), tf.tensor1d([1, 1, 0, 0], 'bool')];
    const results = await (await exported(fn, { x, y }))({ x, y });
    expect(Object.values(results).map((result) => numbers(result).join(''))).toEqual(['1101', '1000', '1000']);
    const g = new Graph();
    const [one, other] = [input(g, 'x', [4], 'bool'), input(g, 'y', [4], 'bool')];
    const choices = [
      [one, one, other],
      [one, other, one],
      [other, one, other],
    ].map((each, i) => [output(`z${i}`), g.node('Where', each, [4], 'bool')] as const);
    expect(lower(choices, { name: 'shared' }).model.nodes).toHaveLength(2 + 2 * choices.length);
  });

  test('operations on bools and integers are as eagerly', async () => {
    const fn = ({ b, c, i, j }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => ({
      ...{ where: tf.where(b!, c!, tf.logicalNot(c!)), ints: tf.where(b!, i!, j!), any: tf.any(b!, 1) },
      ...{ equal: tf.equal(b!, c!), max: tf.max(i!, 1), best: tf.argMax(i!, 1), sums: tf.cumsum(i!, 1) },
      ...{ top: tf.topk(i!, 1).values, clipped: tf.clipByValue(tf.relu(i!), 0, 2), sign: tf.sign(i!), abs: tf.abs(i!) },
      ...{ product: tf.matMul(i!, j!), turned: tf.matMul(i!, j!, true, false), both: tf.matMul(i!, j!, true, true) },
      ...{ less: tf.lessEqual(i!, j!), halves: tf.concat(tf.split(tf.floorDiv(i!, j!), 2, 1), 0) },
      reshaped: tf.reshape(tf.slice(i!, [0, 0], [0, 2]), [2, 0, 3]),
    });
    const inputs = {
      b: tf.tensor2d([1, 0, 0, 1], [2, 2], 'bool'),
      c: tf.tensor2d([1, 1, 0, 0], [2, 2], 'bool'),
      i: tf.tensor2d([3, -1, 2, 5], [2, 2], 'int32'),
      j: tf.tensor2d([1, 2, 3, 4], [2, 2], 'int32'),
    };
    const got = await (await exported(fn, inputs))(inputs);
    for (const [key, tensor] of Object.entries(fn(inputs))) {
      const other = got[key]!;
      expect([other.dtype, other.shape, numbers(other)], key).toEqual([tensor.dtype, tensor.shape, numbers(tensor)]);
    }
  });

  test.each([
    [[3, 2, 0], [3, 0, 2], false],
    [[3, 0, 2], [3, 0, 2], true],
  ] as const)(
    'a batch of products of nothing, [%s] × [%s], is no product, which it would leave unset',
    (a, b, transA) => {
      const g = new Graph();
      const { model } = lower([[output('y'), matMul(g, input(g, 'a', a), input(g, 'b', b), transA)]], {
        name: 'nothing',
      });
      expect(model.nodes.map(({ op }) => op).join()).not.toMatch(/MatMul/);
    },
  );
});
