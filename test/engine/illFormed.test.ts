import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { selectEngine } from '../../src/engine/runtime/engine.ts';

// Wherever eager refuses a call, compiled refuses it while it is traced, and names the function and the shapes.

type Fn = (x: tf.Tensor, y: tf.Tensor, z: tf.Tensor) => tf.Tensor | tf.Tensor[];

type Three = [tf.Tensor, tf.Tensor, tf.Tensor];

interface Call {
  readonly name: string;
  readonly inputs: readonly tf.Tensor[];
  readonly fn: Fn;
}

/** Tensors of ones by their shapes: `'[2,3] int32[4]'`. */
const tensors = (shapes: string): tf.Tensor[] =>
  [...shapes.matchAll(/(\w*)\[([\d,]*)\]/g)].map(([, dtype, shape]) =>
    tf.ones(shape === '' ? [] : shape!.split(',').map(Number), (dtype || 'float32') as 'float32'),
  );

/** Calls of one function on tensors of such shapes. */
const calls = (name: string, fn: Fn, ...shapes: readonly string[]): Call[] =>
  shapes.map((each) => ({ name: `${name} of ${each}`, inputs: tensors(each), fn }));

/** The same call where its first tensor lies in memory in other ways, which the graph simplifies each in its own way. */
const FORMS: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  plain: (x) => x,
  transposed: (x) => tf.transpose(tf.reshape(x, [...x.shape].reverse())),
  broadcast: (x) => tf.broadcastTo(tf.sum(x), x.shape),
  repeated: (x) => tf.tile(tf.sum(x, 0, true), [x.shape[0]!, ...x.shape.slice(1).map(() => 1)]),
  part: (x) =>
    tf.slice(
      tf.concat([x, tf.add(x, 1)], 0),
      x.shape.map(() => 0),
      x.shape,
    ),
  joined: (x) =>
    tf.concat(
      tf.unstack(x).map((row) => tf.expandDims(tf.exp(row), 0)),
      0,
    ),
  constant: (x) => tf.fill(x.shape, 2),
  'transposed, added to a broadcast': (x) => tf.add(tf.transpose(tf.transpose(x)), tf.broadcastTo(tf.sum(x), x.shape)),
};
const inAllForms = (
  name: string,
  shape: readonly number[],
  fn: (x: tf.Tensor, other: tf.Tensor) => tf.Tensor | tf.Tensor[],
): Call[] =>
  Object.entries(FORMS).map(([form, as]) => ({
    name: `${name}, ${form}`,
    inputs: [tf.ones([...shape]), tf.ones([...shape])],
    fn: (x, other) => fn(as(x), other),
  }));

const row = (n: number): tf.Tensor => tf.ones([n]);
const ints = (...values: number[]): tf.Tensor1D => tf.tensor1d(values, 'int32');
const PAIRS = ['[2,3] [2,4]', '[2,3] [3,2]', '[4] [3]', '[2,1,3] [2,2]', '[5,1,2] [4,3]'];
const BINARY: Readonly<Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor>> = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  div: tf.div,
  divNoNan: tf.divNoNan,
  floorDiv: tf.floorDiv,
  mod: tf.mod,
  maximum: tf.maximum,
  minimum: tf.minimum,
  pow: tf.pow,
  squaredDifference: tf.squaredDifference,
  atan2: tf.atan2,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
  less: tf.less,
  lessEqual: tf.lessEqual,
  equal: tf.equal,
  notEqual: tf.notEqual,
  prelu: tf.prelu,
};
const REDUCTIONS: Readonly<Record<string, (x: tf.Tensor, axis: number | number[]) => tf.Tensor>> = {
  sum: tf.sum,
  mean: tf.mean,
  max: tf.max,
  min: tf.min,
  prod: tf.prod,
  logSumExp: tf.logSumExp,
  all: (x, axis) => tf.all(tf.greater(x, 0), axis),
  any: (x, axis) => tf.any(tf.greater(x, 0), axis),
  argMax: (x, axis) => tf.argMax(x, axis as number),
  argMin: (x, axis) => tf.argMin(x, axis as number),
};

const ILL_FORMED: readonly Call[] = [
  ...Object.entries(BINARY).flatMap(([name, fn]) => calls(name, fn, ...PAIRS)),
  ...Object.entries({ logicalAnd: tf.logicalAnd, logicalOr: tf.logicalOr, logicalXor: tf.logicalXor }).flatMap(
    ([name, fn]) => calls(name, fn, 'bool[2,3] bool[2,2]', '[2,3] [2,3]', 'int32[3] bool[3]'),
  ),
  ...calls(
    'where',
    (c, a, b) => tf.where(c, a, b),
    'bool[2,3] [2,2] [2,3]',
    'bool[4] [3] [3]',
    '[2] [2] [2]',
    'bool[2,2] [3,2] [2]',
  ),
  ...calls('addN', (x, y) => tf.addN([x, y]), '[2] [3]', '[2,2] [2,1]', '[2] int32[2]'),

  // Reductions
  ...Object.entries(REDUCTIONS).flatMap(([name, fn]) => [
    ...calls(`${name} along 1`, (x) => fn(x, 1), '[4]'),
    ...calls(`${name} along -3`, (x) => fn(x, -3), '[2,3]'),
    ...calls(`${name} along 7`, (x) => fn(x, 7), '[2,3,4]'),
  ]),
  ...inAllForms('sum along 2', [2, 3], (x) => tf.sum(x, 2)),
  ...inAllForms('mean along 2', [2, 3], (x) => tf.mean(x, 2)),
  ...inAllForms('max along 0 and 3', [2, 3], (x) => tf.max(x, [0, 3])),
  ...inAllForms('argMax along 2', [2, 3], (x) => tf.argMax(x, 2)),
  ...calls('norm along 1', (x) => tf.norm(x, 'euclidean', 1), '[4]'),
  ...calls('moments along 2', (x) => tf.moments(x, 2).variance, '[2,2]'),
  ...calls('softmax along 0', (x) => tf.softmax(x, 0), '[2,3]'),
  ...calls('logSoftmax along 0', (x) => tf.logSoftmax(x, 0), '[2,3]'),
  ...calls('topk of 4', (x) => tf.topk(x, 4).values, '[3]', '[5,2]'),
  ...calls('topk of a number', (x) => tf.topk(x, 1).values, '[]'),

  // Places
  ...inAllForms('reshape to more', [2, 3], (x) => tf.reshape(x, [7])),
  ...inAllForms('reshape to fewer', [2, 3], (x) => tf.reshape(x, [2, -1, 4])),
  ...calls('reshape', (x) => tf.reshape(x, [2, 2]), '[3]', '[2,3]', '[]'),
  ...calls('expandDims at 3', (x) => tf.expandDims(x, 3), '[2]', '[2,2]'),
  ...calls('squeeze of 0', (x) => tf.squeeze(x, [0]), '[2,1]'),
  ...calls('transpose by 0', (x) => tf.transpose(x, [0]), '[2,3]'),
  ...calls('transpose by 0, 2', (x) => tf.transpose(x, [0, 2]), '[2,3]'),
  ...inAllForms('concat with a row too many', [2, 3], (x, y) => tf.concat([x, tf.concat([y, y], 0)], 1)),
  ...inAllForms('concat with a column too many', [2, 3], (x, y) => tf.concat([x, tf.concat([y, y], 1)], 0)),
  ...inAllForms('concat with a vector', [2, 3], (x, y) => tf.concat([x, tf.sum(y, 0)], 0)),
  ...inAllForms('concat with an empty one', [2, 3], (x, y) => tf.concat([x, tf.slice(y, [0, 0], [0, 2])], 0)),
  ...inAllForms('concat along 2', [2, 3], (x, y) => tf.concat([x, y], 2)),
  ...inAllForms('stack with a vector', [2, 3], (x, y) => tf.stack([x, tf.sum(y, 0)])),
  ...inAllForms('stack with its transpose', [2, 3], (x, y) => tf.stack([x, tf.transpose(y)])),
  ...inAllForms('stack with an integer', [2, 3], (x, y) => tf.stack([x, tf.cast(y, 'int32')])),
  ...calls('stack along 3', (a, b) => tf.stack([a, b], 3), '[2] [2]', '[2,2] [2,2]'),
  ...calls('unstack along 1', (x) => tf.unstack(x, 1), '[3]'),
  ...calls('unstack along 2', (x) => tf.unstack(x, 2), '[3,2]'),
  ...inAllForms('split along 2', [2, 3], (x) => tf.split(x, 1, 2)),
  ...inAllForms('split into too few', [2, 4], (x) => tf.split(x, [1, 2], 1)),
  ...inAllForms('split into too many', [2, 4], (x) => tf.split(x, [3, 2], 1)),
  ...calls('split into 2', (x) => tf.split(x, 2), '[3]'),
  ...inAllForms('slice beyond the end', [4, 2], (x) => tf.slice(x, [2, 0], [3, 2])),
  ...inAllForms('slice of all beyond the end', [4, 2], (x) => tf.slice(x, [2, 0], [4, 2])),
  ...inAllForms('slice beyond a row', [4, 2], (x) => tf.slice(x, [0, 1], [4, 2])),
  ...inAllForms('slice from beyond', [4, 2], (x) => tf.slice(x, [5], [1])),
  ...inAllForms('slice of three axes', [4, 2], (x) => tf.slice(x, [0, 0, 0], [1, 1, 1])),
  ...calls('slice1d', (x) => tf.slice1d(x as tf.Tensor1D, 2, 3), '[4]'),
  ...calls('slice by a step of 0', (x) => tf.stridedSlice(x, [0], [2], [0]), '[4]'),
  ...calls('stridedSlice of three axes', (x) => tf.stridedSlice(x, [0, 0, 0], [1, 1, 1], [1, 1, 1]), '[4,2]'),
  ...calls('stridedSlice, shrunk, of an index beyond', (x) => tf.stridedSlice(x, [5], [6], [1], 0, 0, 0, 0, 1), '[4]'),
  ...calls('reverse along 2', (x) => tf.reverse(x, 2), '[4,2]'),
  ...calls('reverse along -3', (x) => tf.reverse(x, [-3]), '[4,2]'),
  ...calls('tile by too few', (x) => tf.tile(x, [2]), '[4,2]'),
  ...calls('tile by a negative count', (x) => tf.tile(x, [-1, 2]), '[4,2]'),
  ...calls('broadcastTo', (x) => tf.broadcastTo(x, [2, 3]), '[2,2]', '[2]', '[4,2,3]'),
  ...calls('pad of a number', (x) => tf.pad(x, []), '[]'),
  ...calls('mirrorPad beyond the edge', (x) => tf.mirrorPad(x, [[3, 0]], 'reflect'), '[3]'),
  ...calls('mirrorPad, symmetric, beyond the edge', (x) => tf.mirrorPad(x, [[0, 4]], 'symmetric'), '[3]'),
  ...calls('mirrorPad of too few axes', (x) => tf.mirrorPad(x, [[1, 1]], 'reflect'), '[3,3]'),
  ...calls('bandPart', (x) => tf.linalg.bandPart(x, 5, 0), '[2,3]'),

  // Indices
  ...inAllForms('gather along 2', [4, 2], (x) => tf.gather(x, tf.argMax(x, 1), 2)),
  ...calls('gather at 4', (x) => tf.gather(x, ints(4)), '[4]'),
  ...calls('gather at -1', (x) => tf.gather(x, ints(-1)), '[4]'),
  ...calls('gather at floats', (x, i) => tf.gather(x, i), '[4] [2]'),
  ...calls('gather of batches', (x, i) => tf.gather(x, i, 1, 1), '[2,4] int32[3,2]'),
  ...calls('gather of three batches', (x, i) => tf.gather(x, i, 1, 3), '[2,4] int32[2,2]'),
  ...calls('gatherND', (x, i) => tf.gatherND(x, i), '[2,4] int32[2,3]', '[] int32[1,1]'),
  ...calls('gatherND beyond', (x) => tf.gatherND(x, tf.tensor2d([[1, 4]], [1, 2], 'int32')), '[2,4]'),
  ...calls('scatterND', (i, x) => tf.scatterND(i, x, [4, 2]), 'int32[2,1] [3,2]', 'int32[2,1] [2,3]', 'int32[2,3] [2]'),
  ...calls('scatterND beyond', (x) => tf.scatterND(tf.tensor2d([[4]], [1, 1], 'int32'), x, [4]), '[1]'),
  ...calls(
    'tensorScatterUpdate',
    (x, i, u) => tf.tensorScatterUpdate(x, i, u),
    '[4] int32[2,1] [3]',
    '[4] int32[2,1] int32[2]',
  ),
  ...calls(
    'unsortedSegmentSum',
    (x, i) => tf.unsortedSegmentSum(x, i as tf.Tensor1D, 3),
    '[4,2] int32[3]',
    '[4] int32[2]',
  ),
  ...calls('oneHot of floats', (x) => tf.oneHot(x, 3), '[4]'),
  ...calls('oneHot of one class', (x) => tf.oneHot(x, 1), 'int32[4]'),
  ...calls('searchSorted', (s, x) => tf.searchSorted(s, x), '[2,3] [3,2]'),

  // Products
  ...calls(
    'matMul',
    (a, b) => tf.matMul(a, b),
    '[2,3] [2,3]',
    '[1,8] [4,8]',
    '[3] [3,2]',
    '[2,2,3] [2,2,3]',
    '[2,2,3] [4,3,2]',
    '[20,3] [4,5]',
    '[2,3,1,4] [2,2,4,1]',
    '[2,0] [3,2]',
    '[40,3] [1,2]',
  ),
  ...calls(
    'matMul, the first transposed',
    (a, b) => tf.matMul(a, b, true),
    '[2,3] [3,2]',
    '[1,8] [8,1]',
    '[8,1] [4,3]',
    '[2,2,3] [2,3,2]',
  ),
  ...calls(
    'matMul, the second transposed',
    (a, b) => tf.matMul(a, b, false, true),
    '[2,3] [3,2]',
    '[1,8] [8,1]',
    '[4,1] [3,2]',
    '[2,2,3] [2,3,2]',
  ),
  ...calls('matMul, both transposed', (a, b) => tf.matMul(a, b, true, true), '[2,3] [2,3]', '[1,8] [1,8]'),
  ...inAllForms('matMul with itself', [2, 3], (x, y) => tf.matMul(x, y)),
  ...inAllForms('matMul with its flipped transpose', [2, 3], (x, y) => tf.matMul(x, tf.transpose(y), true)),
  ...calls('matMul of bools', (a, b) => tf.matMul(a, b), 'bool[2,3] bool[2,2]'),
  ...calls(
    'fused.matMul',
    (a, b, bias) => tf.fused.matMul({ a: a, b: b, bias: bias }),
    '[2,3] [2,3] [3]',
    '[2,3] [3,4] [3]',
    '[2,3] [3,4] [5,4]',
  ),
  ...calls('dot', (a, b) => tf.dot(a, b), '[2] [3]', '[2,3] [2]'),
  ...calls('outerProduct', (a, b) => tf.outerProduct(a as tf.Tensor1D, b as tf.Tensor1D), '[2,1] [3]'),
  ...calls('einsum ij,jk->ik', (a, b) => tf.einsum('ij,jk->ik', a, b), '[2,3] [2,2]', '[2,1] [3,2]'),
  ...calls('einsum bij,bjk->bik', (a, b) => tf.einsum('bij,bjk->bik', a, b), '[2,3,2] [3,2,2]', '[2,3,2] [2,3,2]'),
  ...calls('einsum ij->k', (a) => tf.einsum('ij->k', a), '[2,3]'),
  ...calls('einsum of one term too many', (a) => tf.einsum('ij,jk->ik', a), '[2,2]'),
  ...calls('einsum i,i->', (a, b) => tf.einsum('i,i->', a, b), '[2] [3]'),
  ...calls('batchNorm', (x, m, v) => tf.batchNorm(x, m, v), '[2,3] [3] [3,1,1]'),

  // Convolutions
  ...calls(
    'conv2d',
    (x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 'valid'),
    '[1,4,4,2] [2,2,3,1]',
    '[1,4,4,2] [2,2,2]',
    '[4,4] [2,2,1,1]',
    'int32[1,4,4,2] [2,2,2,1]',
  ),
  ...calls(
    'conv2d with strides and dilations',
    (x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 2, 'valid', 'NHWC', 2),
    '[1,6,6,2] [2,2,2,1]',
  ),
  ...calls(
    'conv1d',
    (x, f) => tf.conv1d(x as tf.Tensor3D, f as tf.Tensor3D, 1, 'valid'),
    '[1,4,2] [2,3,1]',
    '[4,2,1,1] [2,2,1]',
  ),
  ...calls(
    'conv2dTranspose',
    (x, f) => tf.conv2dTranspose(x as tf.Tensor4D, f as tf.Tensor4D, [1, 4, 4, 2], 1, 'same'),
    '[1,4,4,3] [2,2,2,1]',
  ),
  ...calls(
    'fused.conv2d',
    (x, f, bias) =>
      tf.fused.conv2d({ x: x as tf.Tensor4D, filter: f as tf.Tensor4D, strides: 1, pad: 'valid', bias: bias }),
    '[1,4,4,2] [2,2,2,3] [2]',
    '[1,4,4,2] [2,2,3,1] [1]',
  ),
  ...calls(
    'the gradient of conv2d of a wrong slope',
    (x, f, dy) => tf.grads((a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'valid'))([x, f], dy),
    '[1,4,4,2] [2,2,2,1] [1,4,4,1]',
  ),

  // Types and bounds
  ...Object.entries({
    floor: tf.floor,
    exp: tf.exp,
    log: tf.log,
    erf: tf.erf,
    rsqrt: tf.rsqrt,
    isNaN: tf.isNaN,
  }).flatMap(([name, fn]) => calls(`${name} of text`, () => (fn as (x: unknown) => tf.Tensor)(['a']), '')),
  ...calls('rsqrt', tf.rsqrt, 'int32[2]', 'bool[2]'),
  ...calls('matMul of two types', (a, b) => tf.matMul(a, b), 'int32[2,3] int32[2,2]'),
  ...calls('clipByValue, upside down', (x) => tf.clipByValue(x, 1, 0), '[2]'),
  ...calls('cast to nothing', (x) => tf.cast(x, 'float64' as 'float32'), '[2]'),
  ...calls('fill of a negative size', () => tf.fill([-1], 1), ''),
  ...calls('a gradient of a wrong slope', (x, dy) => tf.grad((a) => tf.square(a))(x, dy), '[2] [3]'),
  ...calls('logicalNot of floats', (x) => tf.logicalNot(x), '[2]'),
  ...calls('all of floats', (x) => tf.all(x), '[2]'),
  ...calls(
    'assign',
    (x) => {
      const v = x as tf.Variable;
      v.assign(row(3));
      return v;
    },
    '',
  ),
];

/** Nonsense that eager computes something of, and compiled refuses. */
const REFUSED_BY_COMPILED_ALONE: readonly Call[] = [
  ...calls('sum along 0 twice', (x) => tf.sum(x, [0, 0]), '[2,3]'),
  ...calls('max along -1 and 1', (x) => tf.max(x, [-1, 1]), '[2,3]'),
  ...calls('cumsum along 2', (x) => tf.cumsum(x, 2), '[2,3]'),
  ...calls('cumprod along 2', (x) => tf.cumprod(x, 2), '[2,3]'),
  ...calls('transpose by 0, 0', (x) => tf.transpose(x, [0, 0]), '[2,3]'),
  ...calls('slice from -2', (x) => tf.slice(x, [-2, 0], [1, 1]), '[2,3]'),
  ...calls('pad of too few axes', (x) => tf.pad(x, [[1, 1]]), '[2,3]'),
  ...calls(
    'pad by less than nothing',
    (x) =>
      tf.pad(x, [
        [-1, 0],
        [0, 0],
      ]),
    '[2,3]',
  ),
  ...calls('unsortedSegmentSum of one id', (x, i) => tf.unsortedSegmentSum(x, i as tf.Tensor1D, 3), '[4,2] int32[1]'),
  ...calls('einsum ij,jk->ik', (a, b) => tf.einsum('ij,jk->ik', a, b), '[2] [2,2]'),
  ...calls('einsum ij->ji', (a) => tf.einsum('ij->ji', a), '[2]', '[2,3,4]'),
  ...calls('batchNorm by columns', (x, m, v) => tf.batchNorm(x, m, v), '[2,3] [2,1] [2,1]'),
  ...calls(
    'conv2d with half a pixel',
    (x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 0.5),
    '[1,6,6,2] [2,2,2,1]',
  ),
  ...calls(
    'conv2dTranspose of another batch',
    (x, f) => tf.conv2dTranspose(x as tf.Tensor4D, f as tf.Tensor4D, [1, 4, 4, 2], 1, 'same'),
    '[2,4,4,1] [2,2,2,1]',
  ),
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

const eagerRefusal = ({ inputs, fn }: Call): string | undefined => refusal(() => fn(...(inputs as Three)));

function compiledRefusal({ inputs, fn }: Call): string | undefined {
  const run = compile(
    (given: Record<string, tf.Tensor>) =>
      Object.fromEntries([fn(...(Object.values(given) as Three))].flat().map((y, i) => [`y${i}`, y])),
    { name: 'bad', state: [] },
  );
  const message = refusal(() => run(Object.fromEntries(inputs.map((x, i) => [`x${i}`, x]))));
  run.dispose();
  return message;
}

/** Where tfjs itself checks, before a kernel, the message is its own; else it is ours, with the function and the shapes. */
const isClear = (message: string): boolean => !/undefined|NaN|BigInt|typed array/.test(message);

describe.each(['wasm', 'onnxruntime-node'])('%s', (engine) => {
  afterAll(() => selectEngine());

  test(`${ILL_FORMED.length} calls that eager refuses`, async () => {
    expect((await selectEngine(engine)).name).toBe(engine);
    expect(ILL_FORMED.filter((call) => eagerRefusal(call) === undefined).map(({ name }) => name)).toEqual([]);
    const refusals = ILL_FORMED.map((call) => ({ call, message: compiledRefusal(call) }));
    expect(refusals.filter(({ message }) => message === undefined).map(({ call }) => call.name)).toEqual([]);
    const ours = refusals.filter(({ call, message }) => message !== eagerRefusal(call));
    const unclear = ours.filter(({ message }) => !isClear(message!) || !message!.startsWith("compile('bad'): tf."));
    expect(unclear.map(({ call, message }) => `${call.name}: ${message}`)).toEqual([]);
    expect(ours.length).toBeGreaterThan(ILL_FORMED.length / 2);
  });

  test('what eager computes, though it is nonsense', async () => {
    await selectEngine(engine);
    const eager = REFUSED_BY_COMPILED_ALONE.map((call) => [call.name, eagerRefusal(call)]);
    expect(eager.filter(([, message]) => message !== undefined)).toEqual([]);
    const messages = REFUSED_BY_COMPILED_ALONE.map((call) => `${call.name}: ${compiledRefusal(call)}`);
    expect(messages.filter((message) => !message.includes("compile('bad'): tf."))).toEqual([]);
  });
});

test('the error names the function of tfjs, the shapes and what is wrong', () => {
  const messageOf = (fn: Fn, shapes: string): string | undefined => compiledRefusal(calls('', fn, shapes)[0]!);
  expect(messageOf((a, b) => tf.matMul(a, b), '[2,3] [2,3]')).toBe(
    "compile('bad'): tf.matMul of [2,3], [2,3]: the inner sizes 3 and 2 differ",
  );
  expect(messageOf((a, b) => tf.concat([a, b], 1), '[256,3] [512,2]')).toBe(
    "compile('bad'): tf.concat of [256,3], [512,2]: [256,3] and [512,2] differ in more than axis 1",
  );
  expect(messageOf((x) => tf.slice(x, [2], [3]), 'int32[4]')).toBe(
    "compile('bad'): tf.slice of int32 [4]: a slice of [3] from (2) reaches beyond [4]",
  );
  expect(messageOf((x) => tf.gather(x, ints(-1)), '[4]')).toBe(
    "compile('bad'): tf.gather of [4], int32 [1]: the index -1 is not in [0, 4)",
  );
});
