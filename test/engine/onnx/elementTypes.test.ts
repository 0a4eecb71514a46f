import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { compile } from '../../../src/engine/compile.ts';
import { Graph } from '../../../src/engine/graph/graph.ts';
import { type Data, newData } from '../../../src/engine/graph/value.ts';
import { createNodeRuntime } from '../../../src/engine/onnx/onnxruntimeNode.ts';
import { selectEngine } from '../../../src/engine/runtime/engine.ts';
import { input, output } from '../graphPorts.ts';
import { numbers } from '../support.ts';

beforeAll(async () => {
  await selectEngine('onnxruntime-node');
});

const { createRequire } = await import('node:module');
const runtime = createNodeRuntime(createRequire(import.meta.url));

type Type = 'float32' | 'int32' | 'bool';
const VALUES: Readonly<Record<Type, readonly number[]>> = {
  float32: [1.5, -2.5, 0, 3],
  int32: [1, -2, 0, 3],
  bool: [1, 0, 0, 1],
};

/** Runs one operation of the graph on matrices [2, 2]; its result is of `result`'s type, by default that of the operands. */
function run(op: string, types: readonly Type[], result: Type, attributes = {}): number[] {
  const g = new Graph();
  const inputs = types.map((dtype, i) => input(g, `x${i}`, [2, 2], dtype));
  const y = output('y');
  const executable = runtime.load({
    name: op,
    outputs: [[y, g.node(op, inputs, [2, 2], result, attributes)]],
    moving: new Set(),
  });
  types.forEach((dtype, i) => {
    const at = types.length === 3 && i > 0 ? i : 0;
    executable.input(inputs[i]!.input)!.data.set(
      newData(
        dtype,
        VALUES[dtype].map((x, k) => VALUES[dtype][(k + at) % 4] ?? x),
      ) as never,
    );
  });
  const written = executable.output(y);
  executable.run();
  const values = Array.from(written.data as Data & ArrayLike<number>);
  executable.dispose();
  return values;
}

const unary: Readonly<Record<string, (x: number) => number>> = {
  Neg: (x) => -x,
  Abs: Math.abs,
  Sign: Math.sign,
  Relu: (x) => Math.max(x, 0),
};
const functions: Readonly<Record<string, (x: number) => number>> = {
  Ceil: Math.ceil,
  Floor: Math.floor,
  Exp: Math.exp,
  Tanh: Math.tanh,
  Sigmoid: (x) => 1 / (1 + Math.exp(-x)),
};
const binary: Readonly<Record<string, (x: number, y: number) => number>> = {
  Add: (x, y) => x + y,
  Sub: (x, y) => x - y,
  Mul: (x, y) => x * y,
  Max: Math.max,
  Min: Math.min,
};
const comparisons: Readonly<Record<string, (x: number, y: number) => boolean>> = {
  Greater: (x, y) => x > y,
  LessOrEqual: (x, y) => x <= y,
  Equal: (x, y) => x === y,
};
test.each(['float32', 'int32'] as const)('operations on %s', (type) => {
  const x = VALUES[type];
  for (const [op, fn] of Object.entries({ ...unary, ...(type === 'float32' ? functions : {}) })) {
    const wanted = x.map(fn);
    run(op, [type], type).forEach((value, i) => {
      expect(value, `${op}[${i}]`).toBeCloseTo(wanted[i]!, 5);
    });
  }
  for (const [op, fn] of Object.entries(binary)) {
    expect(
      run(op, [type, type], type).map((v) => v + 0),
      op,
    ).toEqual(x.map((v) => fn(v, v) + 0));
  }
  for (const [op, fn] of Object.entries(comparisons)) {
    expect(run(op, [type, type], 'bool'), op).toEqual(x.map((v) => Number(fn(v, v))));
  }
  if (type === 'float32') expect(run('IsNaN', [type], 'bool')).toEqual([0, 0, 0, 0]);
});

test('operations on bools', () => {
  const x = VALUES.bool;
  expect(run('Not', ['bool'], 'bool')).toEqual(x.map((v) => Number(v === 0)));
  expect(run('And', ['bool', 'bool'], 'bool')).toEqual(x);
  expect(run('Equal', ['bool', 'bool'], 'bool')).toEqual([1, 1, 1, 1]);
});

test.each(['float32', 'int32', 'bool'] as const)('a choice between %s', (type) => {
  const x = VALUES[type];
  expect(run('Where', ['bool', type, type], type)).toEqual([x[1], x[3], x[0], x[0]]);
});

test('products of integers, transposed and not', () => {
  const [a, b, c, d] = VALUES.int32 as readonly [number, number, number, number];
  for (const transA of [0, 1]) {
    for (const transB of [0, 1]) {
      const [p, q] = [transA, transB].map((flag) => (flag ? [a, c, b, d] : [a, b, c, d])) as [number[], number[]];
      const product = [0, 1].flatMap((i) => [0, 1].map((j) => p[2 * i]! * q[j]! + p[2 * i + 1]! * q[2 + j]!));
      expect(run('MatMul', ['int32', 'int32'], 'int32', { transA, transB }), `${transA}${transB}`).toEqual(product);
    }
  }
});

test('a tensor that several operations need in another type is cast once', () => {
  const g = new Graph();
  const x = input(g, 'x', [4], 'bool');
  const y = input(g, 'y', [4], 'bool');
  const choices = [
    [x, x, y],
    [x, y, x],
    [y, x, y],
  ];
  const named = choices.map((each, i) => [output(`z${i}`), g.node('Where', each, [4], 'bool')] as const);
  const executable = runtime.load({ name: 'shared', outputs: named, moving: new Set() });
  executable.input(x.input)!.data.set([1, 0, 0, 1] as never);
  executable.input(y.input)!.data.set([1, 1, 0, 0] as never);
  const results = named.map(([port]) => executable.output(port));
  executable.run();
  expect(results.map((result) => Array.from(result.data as Uint8Array))).toEqual([
    [1, 1, 0, 1],
    [1, 0, 0, 0],
    [1, 0, 0, 0],
  ]);
  expect(executable.cost.nodes).toBe(2 + 2 * named.length);
  executable.dispose();
});

test('what an operation of tfjs makes of bools and integers is what it makes eagerly', () => {
  const fn = ({ b, c, i, j }: { b: tf.Tensor; c: tf.Tensor; i: tf.Tensor; j: tf.Tensor }) => ({
    where: tf.where(b, c, tf.logicalNot(c)),
    max: tf.max(i, 1),
    turned: tf.matMul(i as tf.Tensor2D, j as tf.Tensor2D, true, false) as tf.Tensor,
    clipped: tf.clipByValue(tf.relu(i), 0, 2),
    best: tf.argMax(i, 1) as tf.Tensor,
    sums: tf.cumsum(i, 1),
    any: tf.any(b, 1),
    top: tf.topk(i as tf.Tensor2D, 1).values as tf.Tensor,
    halves: tf.concat(tf.split(tf.floorDiv(i, j), 2, 1), 0),
    reshaped: tf.reshape(tf.slice(i, [0, 0], [0, 2]), [2, 0, 3]),
  });
  const inputs = {
    b: tf.tensor2d([1, 0, 0, 1], [2, 2], 'bool'),
    c: tf.tensor2d([1, 1, 0, 0], [2, 2], 'bool'),
    i: tf.tensor2d([3, -1, 2, 5], [2, 2], 'int32'),
    j: tf.tensor2d([1, 2, 3, 4], [2, 2], 'int32'),
  };
  const compiled = compile(fn, { name: 'types', state: [] });
  const [got, wanted] = [compiled(inputs), fn(inputs)];
  for (const [key, tensor] of Object.entries(wanted)) {
    const other = got[key as keyof typeof got];
    expect([other.dtype, other.shape, numbers(other)], key).toEqual([tensor.dtype, tensor.shape, numbers(tensor)]);
  }
});

test('an error of ONNX Runtime names the function and the kernel', () => {
  const pick = compile(({ x, at }: { x: tf.Tensor; at: tf.Tensor }) => ({ y: tf.gather(x, at) }), {
    name: 'pick',
    state: [],
  });
  expect(() => pick({ x: tf.tensor1d([1, 2]), at: tf.tensor1d([7], 'int32') })).toThrow(
    /^compile\('pick'\): ONNX Runtime fails in the tfjs kernel 'GatherV2': .+out of data bounds/,
  );
});
