import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { selectEngine } from '../../src/engine/runtime/engine.ts';

// Wherever eager refuses a call, compiled refuses it while it is traced, and names the function and the shapes. What tfjs checks before a
// kernel is not here.

type Call = readonly [shapes: string, fn: (...x: tf.Tensor[]) => tf.TensorContainer];

/** Tensors of ones by their shapes: `'[2,3] int32[4]'`. */
const tensors = (shapes: string): tf.Tensor[] =>
  [...shapes.matchAll(/(\w*)\[([\d,]*)\]/g)].map(([, dtype, shape]) =>
    tf.ones(shape === '' ? [] : shape!.split(',').map(Number), (dtype || 'float32') as 'float32'),
  );

/** A tensor that lies in memory in other ways, which the graph simplifies each in its own way. */
const FORMS: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  plain: (x) => x,
  transposed: (x) => tf.transpose(tf.reshape(x, [...x.shape].reverse())),
  broadcast: (x) => tf.broadcastTo(tf.sum(x), x.shape),
  repeated: (x) => tf.tile(tf.sum(x, 0, true), [x.shape[0]!, 1]),
  part: (x) => tf.slice(tf.concat([x, tf.add(x, 1)], 0), [0, 0], x.shape),
  joined: (x) => tf.stack(tf.unstack(x).map((row) => tf.exp(row))),
  constant: (x) => tf.fill(x.shape, 2),
  'transposed, added to a broadcast': (x) => tf.add(tf.transpose(tf.transpose(x)), tf.broadcastTo(tf.sum(x), x.shape)),
};

const ints = (...values: number[]): tf.Tensor1D => tf.tensor1d(values, 'int32');
const conv = (x: tf.Tensor, f: tf.Tensor, pad: number | 'valid'): tf.Tensor =>
  tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, pad);
const { add, sub, mul, div, divNoNan, floorDiv, mod, pow, atan2, prelu } = tf;
const BINARY = { add, sub, mul, div, divNoNan, floorDiv, mod, pow, atan2, prelu };
const REDUCTIONS: Readonly<Record<string, (x: tf.Tensor, axis: number) => tf.Tensor>> = {
  ...{ sum: tf.sum, mean: tf.mean, max: tf.max, min: tf.min, prod: tf.prod, argMax: tf.argMax, argMin: tf.argMin },
  all: (x, axis) => tf.all(tf.greater(x, 0), axis),
  any: (x, axis) => tf.any(tf.greater(x, 0), axis),
};

const ILL_FORMED: Readonly<Record<string, readonly Call[]>> = {
  ...Object.fromEntries(
    Object.entries(BINARY).map(([name, fn]) => [
      name,
      ['[2,3] [2,4]', '[4] [3]', '[2,1,3] [2,2]', '[5,1,2] [4,3]'].map((shapes): Call => [shapes, fn as Call[1]]),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(REDUCTIONS).map(([name, fn]) => [name, [1, -3, 7].map((axis): Call => ['[4]', (x) => fn(x, axis)])]),
  ),
  ...Object.fromEntries(
    Object.entries(FORMS).map(([name, as]) => {
      const calls: Call[] = [
        ['[2,3]', (x) => tf.sum(as(x), 2)],
        ['[2,3]', (x) => tf.max(as(x), [0, 3])],
        ['[2,3]', (x) => tf.argMax(as(x), 2)],
        ['[2,3]', (x) => tf.reshape(as(x), [7])],
        ['[2,3]', (x) => tf.reshape(as(x), [2, -1, 4])],
        ['[2,3] [4,3]', (x, y) => tf.concat([as(x), y], 1)],
        ['[2,3] [2,6]', (x, y) => tf.concat([as(x), y], 0)],
        ['[2,4]', (x) => tf.split(as(x), [1, 2], 1)],
        ['[2,4]', (x) => tf.split(as(x), [3, 2], 1)],
        ['[4,2]', (x) => tf.slice(as(x), [2, 0], [3, 2])],
        ['[4,2]', (x) => tf.slice(as(x), [0, 1], [4, 2])],
        ['[4,2]', (x) => tf.slice(as(x), [5], [1])],
        ['[4,2]', (x) => tf.slice(as(x), [0, 0, 0], [1, 1, 1])],
        ['[4,2]', (x) => tf.gather(as(x), tf.argMax(as(x), 1), 2)],
        ['[2,3]', (x) => tf.matMul(as(x), x)],
        ['[2,3] [2,3]', (x, y) => tf.matMul(as(x), tf.transpose(y), true)],
      ];
      return [name, calls];
    }),
  ),
  places: [
    ['[4,2]', (x) => tf.stridedSlice(x, [0, 0, 0], [1, 1, 1], [1, 1, 1])],
    ['[4]', (x) => tf.stridedSlice(x, [0], [2], [0])],
    ['[4]', (x) => tf.stridedSlice(x, [5], [6], [1], 0, 0, 0, 0, 1)],
    ['[4,2]', (x) => tf.reverse(x, 2)],
    ['[4,2]', (x) => tf.tile(x, [-1, 2])],
    ['[3]', (x) => tf.split(x, 2)],
  ],
  indices: [
    ['[4]', (x) => tf.gather(x, ints(4))],
    ['[4]', (x) => tf.gather(x, ints(-1))],
    ['[2,4] int32[3,2]', (x, i) => tf.gather(x, i, 1, 1)],
    ['[2,4] int32[2,2]', (x, i) => tf.gather(x, i, 1, 3)],
    ['[2,4] int32[2,3]', (x, i) => tf.gatherND(x, i)],
    ['[] int32[1,1]', (x, i) => tf.gatherND(x, i)],
    ['[2,4]', (x) => tf.gatherND(x, tf.tensor2d([1, 4], [1, 2], 'int32'))],
    ['[1]', (x) => tf.scatterND(tf.tensor2d([4], [1, 1], 'int32'), x, [4])],
    ['[4,2] int32[3]', (x, i) => tf.unsortedSegmentSum(x, i as tf.Tensor1D, 3)],
  ],
  products: [
    ...[
      '[1,8] [4,8]',
      '[3] [3,2]',
      '[2,2,3] [4,3,2]',
      '[2,3,1,4] [2,2,4,1]',
      '[2,0] [3,2]',
      'int32[2,3] int32[2,2]',
    ].map((shapes): Call => [shapes, (a, b) => tf.matMul(a, b)]),
    ...['[1,8] [8,1]', '[8,1] [4,3]', '[2,2,3] [2,3,2]'].map((s): Call => [s, (a, b) => tf.matMul(a, b, true)]),
    ...['[1,8] [8,1]', '[4,1] [3,2]', '[2,2,3] [2,3,2]'].map((s): Call => [s, (a, b) => tf.matMul(a, b, false, true)]),
    ['[1,8] [1,8]', (a, b) => tf.matMul(a, b, true, true)],
    ['[2,3] [2,2]', (a, b) => tf.einsum('ij,jk->ik', a, b)],
    ['[2,3,2] [3,2,2]', (a, b) => tf.einsum('bij,bjk->bik', a, b)],
    ['[2,3]', (a) => tf.einsum('ij->k', a)],
    ['[2,2]', (a) => tf.einsum('ij,jk->ik', a)],
    ['[2] [3]', (a, b) => tf.einsum('i,i->', a, b)],
    ['[1,4,4,2] [2,2,2,1] [1,4,4,1]', (x, f, dy) => tf.grads((a, b) => conv(a, b, 'valid'))([x, f], dy)],
    ['[2] [3]', (x, dy) => tf.grad((a) => tf.square(a))(x, dy)],
  ],
};

/** Nonsense that eager computes something of, and compiled refuses. */
const REFUSED_BY_COMPILED_ALONE: readonly Call[] = [
  ['[2,3]', (x) => tf.sum(x, [0, 0])],
  ['[2,3]', (x) => tf.max(x, [-1, 1])],
  ['[2,3]', (x) => tf.cumsum(x, 2)],
  ['[2,3]', (x) => tf.cumprod(x, 2)],
  ['[2,3]', (x) => tf.transpose(x, [0, 0])],
  ['[2,3]', (x) => tf.slice(x, [-2, 0], [1, 1])],
  ['[2,3]', (x) => tf.pad(x, [[1, 1]])],
  ['[2]', (x) => tf.pad(x, [[-1, 0]])],
  ['[4,2] int32[1]', (x, i) => tf.unsortedSegmentSum(x, i as tf.Tensor1D, 3)],
  ['[2] [2,2]', (a, b) => tf.einsum('ij,jk->ik', a, b)],
  ['[2,3,4]', (a) => tf.einsum('ij->ji', a)],
  ['[2,3] [2,1] [2,1]', (x, m, v) => tf.batchNorm(x, m as tf.Tensor1D, v as tf.Tensor1D)],
  ['[1,6,6,2] [2,2,2,1]', (x, f) => conv(x, f, 0.5)],
  ['[2,4,4,1] [2,2,2,1]', (x, f) => tf.conv2dTranspose(x as tf.Tensor4D, f as tf.Tensor4D, [1, 4, 4, 2], 1, 'same')],
];

/** Why a call is refused; undefined where it is not. */
function refusal(run: () => tf.TensorContainer): string | undefined {
  try {
    tf.dispose(tf.tidy(run));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function compiledRefusal([shapes, fn]: Call): string | undefined {
  const run = compile(
    (given: Record<string, tf.Tensor>) =>
      Object.fromEntries([fn(...Object.values(given)) as tf.Tensor[]].flat().map((y, i) => [`y${i}`, y])),
    { name: 'bad', state: [] },
  );
  const message = refusal(() => run(Object.fromEntries(tensors(shapes).map((x, i) => [`x${i}`, x]))));
  run.dispose();
  return message;
}

/** The message is ours, with the function and the shapes. */
function expectRefused(call: Call): void {
  const message = compiledRefusal(call);
  expect(message, String(call)).toMatch(/^compile\('bad'\): tf\./);
  expect(message).not.toMatch(/undefined|NaN|BigInt|typed array/);
}

describe.each(['wasm', 'native'])('%s', (engine) => {
  beforeAll(() => selectEngine(engine));
  afterAll(() => selectEngine());

  test.each(Object.entries(ILL_FORMED))('%s: what eager refuses', (_, calls) => {
    for (const call of calls) {
      expect(
        refusal(() => call[1](...tensors(call[0]))),
        String(call),
      ).toBeDefined();
      expectRefused(call);
    }
  });

  test('what eager computes, though it is nonsense', () => {
    for (const call of REFUSED_BY_COMPILED_ALONE) {
      expect(
        refusal(() => call[1](...tensors(call[0]))),
        String(call),
      ).toBeUndefined();
      expectRefused(call);
    }
  });
});

test('the error names the function of tfjs, the shapes and what is wrong', () => {
  expect(compiledRefusal(['[2,3] [2,3]', (a, b) => tf.matMul(a, b)])).toBe(
    "compile('bad'): tf.matMul of [2,3], [2,3]: the inner sizes 3 and 2 differ",
  );
});
