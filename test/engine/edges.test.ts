import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { selectEngine } from '../../src/engine/runtime/engine.ts';
import { exported } from '../support/onnx.ts';

type Program = (x: tf.Tensor) => tf.Tensor;
const NAMED = { name: 'edge', state: [] };
/** toEqual tells −0 from 0, which the engine does not. */
const plusZero = (x: number): number => x + 0;

/** What runs a function: an engine, or ONNX Runtime its exported model. */
type Way = 'native' | 'wasm' | 'exported';
const WAYS: readonly Way[] = ['native', 'wasm', 'exported'];

type Tensors = Record<string, tf.Tensor>;

/** Makes a function ready for inputs like `example`. */
async function runBy(way: Way, fn: (inputs: Tensors) => Tensors, example: Tensors) {
  if (way === 'exported') return exported(fn, example);
  expect((await selectEngine(way)).name).toBe(way);
  const run = compile(fn, NAMED);
  return async (inputs: Tensors) => run(inputs);
}

afterAll(async () => {
  await selectEngine();
});

/** What `fn` gives compiled, and what it gives eagerly. */
async function both(way: Way, fn: Program, x: tf.Tensor): Promise<{ compiled: number[]; eager: number[] }> {
  const run = await runBy(way, (inputs) => ({ y: fn(inputs.x!) }), { x });
  const { y } = await run({ x });
  return { compiled: Array.from(y!.dataSync()), eager: Array.from(fn(x).dataSync()) };
}

async function expectEqual(way: Way, fn: Program, x: tf.Tensor): Promise<void> {
  const { compiled, eager } = await both(way, fn, x);
  expect(compiled.map(plusZero)).toEqual(eager.map(plusZero));
}

const slope =
  (fn: Program): Program =>
  (x) =>
    tf.grad((at) => tf.sum(fn(at)))(x);

describe.each(WAYS)('%s: a NaN among few and many numbers', (way) => {
  const row = (x: tf.Tensor): tf.Tensor => tf.tile(tf.reshape(x, [1, -1]), [3, 1]);
  const column = (x: tf.Tensor): tf.Tensor => tf.tile(tf.reshape(x, [-1, 1]), [1, 20]);
  const numbers = (count: number, place: number, neighbour: number): tf.Tensor => {
    const values = Array.from({ length: count }, (_, i) => Math.fround(3 * Math.sin(1 + 1.3 * i)));
    values[(place + 2) % count] = neighbour;
    values[place] = Number.NaN;
    return tf.tensor1d(values);
  };
  const programs: Record<string, Program> = {
    max: (x) => tf.max(x),
    min: (x) => tf.min(x),
    'max of rows': (x) => tf.max(row(x), 1),
    'max of columns': (x) => tf.max(column(x), 0),
    'min of columns': (x) => tf.min(column(x), 0, true),
    'gradient of max': slope((x) => tf.max(x)),
    maximum: (x) => tf.maximum(x, 0.5),
    'minimum of two': (x) => tf.minimum(x, tf.reverse(x)),
    relu: tf.relu,
    'gradient of relu': slope(tf.relu),
    'gradient of abs': slope(tf.abs),
    clip: (x) => tf.clipByValue(x, -1, 1),
    step: (x) => tf.step(x, 0.25),
    sign: tf.sign,
    argMax: (x) => tf.argMax(x),
    argMin: (x) => tf.argMin(x),
    'argMax of columns': (x) => tf.argMax(column(x), 0),
  };
  test.each(Object.entries(programs))('%s: as eager; top 1: as infinity', async (_, fn) => {
    for (const count of [1, 4, 7, 16, 33]) {
      const named = (inputs: Tensors) => ({ y: fn(inputs.x!), top: tf.topk(inputs.x!, 1).values });
      const run = await runBy(way, named, { x: tf.zeros([count]) });
      for (const place of new Set([0, 1, 3, count >> 1, count - 1].filter((at) => at < count))) {
        for (const neighbour of [1.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
          const x = numbers(count, place, neighbour);
          const { y, top } = await run({ x });
          expect(Array.from(y!.dataSync(), plusZero)).toEqual(Array.from(fn(x).dataSync(), plusZero));
          const isInfinite = neighbour === Number.POSITIVE_INFINITY && count > 1;
          if (!isInfinite) expect(top!.dataSync()[0]).toBeNaN();
        }
      }
    }
  });
});

test.each(WAYS)('%s: tanh stays in [−1, 1], and its slope is never negative', async (way) => {
  const xs = tf.linspace(-20, 20, 100_001);
  expect((await both(way, (x) => tf.max(tf.abs(tf.tanh(x))), xs)).compiled).toEqual([1]);
  expect((await both(way, (x) => tf.min(slope(tf.tanh)(x)), xs)).compiled).toEqual([0]);
});

test.each(WAYS)('%s: a column that is spread out is divided, not multiplied with a reciprocal', async (way) => {
  const xs = tf.tensor1d(Array.from({ length: 33 }, (_, i) => 0.1 + 0.037 * i));
  await expectEqual(way, (x) => tf.div(tf.mul(tf.reshape(x, [33, 1]), tf.ones([33, 20])), 20), xs);
});

describe('gradients of broadcasts', () => {
  test.each<[string, number[], Program]>([
    ['broadcastTo', [1, 3], (x) => tf.broadcastTo(x, [500, 3])],
    ['broadcastTo of more axes', [3, 1], (x) => tf.broadcastTo(x, [50, 3, 4])],
    ['tile', [2, 3], (x) => tf.tile(x, [200, 3])],
    ['tile 5-D', [2, 1, 3, 1, 2], (x) => tf.tile(x, [1, 3, 2, 1, 4])],
    ['where', [3], (x) => tf.where(tf.greater(tf.ones([400, 3]), tf.ones([400, 1])), x, tf.mul(x, 2))],
  ])('%s: few nodes, and right', (_, shape, fn) => {
    const x = tf.reshape(tf.linspace(-1, 1, tf.util.sizeFromShape(shape)), shape);
    const weights = (y: tf.Tensor): tf.Tensor => tf.reshape(tf.sin(tf.range(0, y.size)), y.shape);
    const weighted: Program = (at) => tf.mul(tf.square(fn(at)), weights(fn(at)));
    // fn is linear: d/dxᵢ of Σ w·fn(x)² is Σ 2w·fn(x)·fn(eᵢ).
    const wanted = Array.from({ length: x.size }, (__, i) => {
      const unit = tf.reshape(tf.oneHot(tf.scalar(i, 'int32'), x.size, 1, 0, 'float32'), shape);
      const y = fn(x);
      return tf.sum(tf.mul(tf.mul(weights(y), 2), tf.mul(y, fn(unit)))).dataSync()[0]!;
    });
    const run = compile(({ x: input }: { x: tf.Tensor }) => ({ y: slope(weighted)(input) }), { name: 'b', state: [] });
    const compiled = run({ x }).y.dataSync();
    const eager = slope(weighted)(x).dataSync();
    wanted.forEach((value, i) => {
      expect(compiled[i]).toBeCloseTo(value, 4);
      expect(eager[i]).toBeCloseTo(value, 4);
    });
    expect(run.cost()!.nodes).toBeLessThan(20);
    run.dispose();
  });
});

describe.each(WAYS)('%s, the edges of arithmetic: as eager', (way) => {
  const int = (numbers: number[]): tf.Tensor => tf.tensor1d(numbers, 'int32');
  test.each<[string, tf.Tensor, Program]>([
    [
      'comparisons',
      tf.tensor1d([1, 2, Number.NaN, Number.POSITIVE_INFINITY, 0, -3]),
      (x) => {
        const other = tf.tensor1d([1, 3, Number.NaN, Number.POSITIVE_INFINITY, -0, -4]);
        return tf.concat(
          [tf.equal, tf.notEqual, tf.less, tf.lessEqual, tf.greater, tf.greaterEqual].map((f) =>
            tf.cast(f(x, other), 'int32'),
          ),
        );
      },
    ],
    ['division and floor', tf.tensor1d([41, 82, 123]), (x) => tf.floor(tf.div(x, 41))],
    ['constants that underflow', tf.tensor1d([1e30]), (x) => tf.mul(tf.mul(x, 1e-25), 1e-25)],
    ['constants that overflow', tf.tensor1d([1e-30]), (x) => tf.mul(tf.mul(x, 1e25), 1e25)],
    [
      'angles of far points',
      tf.tensor1d([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, 1e-40, 0, Number.NaN]),
      (x) => tf.concat([tf.atan2(x, x), tf.atan2(x, 2), tf.atan2(-2, x)]),
    ],
    [
      '1 to powers that are no number',
      tf.tensor1d([Number.POSITIVE_INFINITY, Number.NaN, 2, Number.NEGATIVE_INFINITY]),
      (x) => tf.concat([tf.pow(1, x), tf.pow(tf.div(x, x), x), tf.pow(2, x), tf.pow(-1, x)]),
    ],
    ['roots of infinities', tf.tensor1d([Number.NEGATIVE_INFINITY, 4]), (x) => tf.pow(x, 0.5)],
    [
      'casts of what is no integer',
      tf.tensor1d([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e10, -1e10, 3e38, 2 ** 31, -2.5]),
      (x) => tf.cast(x, 'int32'),
    ],
    ['integer division by 0 and −1', int([5, -(2 ** 31), 7, -7]), (x) => tf.floorDiv(x, int([0, -1, -1, 2]))],
    ['integer division by the least', int([1, -1, -(2 ** 31), 2 ** 31 - 1]), (x) => tf.floorDiv(x, int([-(2 ** 31)]))],
    ['integer division by itself', int([0, -(2 ** 31), -1, 7]), (x) => tf.floorDiv(x, x)],
    ['integer remainder by 0 and −1', int([5, -(2 ** 31), 7, -7]), (x) => tf.mod(x, int([0, -1, -1, 2]))],
    [
      'integer sums and products that overflow',
      int([2 ** 31 - 1, 14, -3]),
      (x) => tf.stack([tf.sum(x), tf.prod(x), tf.add(x, x), tf.cumsum(x)].map((y) => tf.sum(y))),
    ],
    [
      'means of nothing',
      tf.tensor2d([], [0, 2]),
      (x) => tf.concat([tf.mean(x, 0), tf.mean(tf.transpose(x), 1), tf.reshape(tf.mean(x), [1])]),
    ],
    ['running products of nothing', tf.tensor2d([], [0, 2]), (x) => tf.abs(tf.cumprod(x, 0, true))],
    [
      'indices into what is backwards',
      tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]),
      (x) => {
        const backwards = tf.reverse(x, [0, 1]);
        const given = tf.tensor1d([1, 0], 'int32');
        const picked = tf.gatherND(backwards, tf.tensor2d([[1, 2]], undefined, 'int32'));
        const gathered = [0, 1].map((axis) => tf.reshape(tf.gather(backwards, given, axis), [-1]));
        return tf.concat([...gathered, picked]);
      },
    ],
    ['remainder by infinity', tf.tensor1d([5, -5]), (x) => tf.mod(x, Number.NEGATIVE_INFINITY)],
    ['a tiny negative remainder', tf.tensor1d([-1e-30]), (x) => tf.mod(x, 0.7)],
    [
      'segment ids out of range',
      int([0, 3, -1, 7, 1]),
      (x) => tf.unsortedSegmentSum(tf.tensor1d([1, 2, 3, 4, 5]), x as tf.Tensor1D, 3),
    ],
    [
      'sums of mirrored pads',
      tf.tensor1d([1, 2, 3]),
      (x) => tf.add(tf.mirrorPad(x, [[2, 0]], 'reflect'), tf.mirrorPad(x, [[0, 2]], 'reflect')),
    ],
  ])('%s', (_, x, fn) => expectEqual(way, fn, x));

  test('integer products beyond 64 bits keep the low 32', async () => {
    const x = tf.tensor2d([7 ** 11, 7 ** 11, 7 ** 11, -1, 5, -(2 ** 31), -(2 ** 31), 3, 1, 1], [2, 5], 'int32');
    expect((await both(way, (rows) => tf.prod(rows, 1), x)).compiled).toEqual([-500896035, 0]);
  });
});

test.each<Way>(['native', 'wasm'])('%s: the greatest of no numbers, nowhere', async (way) => {
  await expectEqual(way, (x) => tf.concat([tf.argMax(x, 0), tf.argMin(x, 1)]), tf.tensor2d([], [0, 0]));
});

describe.each(WAYS)('%s, integers and bools: as eager', (way) => {
  const given = {
    ints: tf.tensor1d([0, 1, -3, 7, 2 ** 31 - 1, -(2 ** 31)], 'int32'),
    bools: tf.tensor1d([0, 1, 1, 0, 1, 0], 'bool'),
    floats: tf.tensor1d([0.5, -1.5, 2, 0, 3.25, -4]),
    indices: tf.tensor1d([0, 1, 0, 1, 1, 0], 'int32'),
  };
  test.each<[string, (inputs: typeof given) => Record<string, tf.Tensor>]>([
    [
      'bools are 0 and 1',
      ({ bools, indices }) => ({
        ...{ extremes: tf.stack([tf.max(bools), tf.min(bools)]), ...tf.topk(bools, 4), relu: tf.relu(bools) },
        ...{ places: tf.stack([tf.argMax(bools), tf.argMin(bools)]), clip: tf.clipByValue(bools, 0, 1) },
        ...{ sums: tf.cumsum(bools), products: tf.cumprod(tf.slice(bools, 1)), finite: tf.isFinite(bools) },
        ...{ segments: tf.unsortedSegmentSum(bools, indices, 2), exp: tf.exp(bools) },
      }),
    ],
    [
      'functions of integers',
      ({ ints, floats }) => {
        const [some, others] = [tf.slice(ints, 0, 4), tf.slice(ints, 1, 3)];
        return {
          ...{ above: tf.clipByValue(ints, 0, Number.POSITIVE_INFINITY), within: tf.clipByValue(ints, -1e10, 1e10) },
          ...{ below: tf.clipByValue(ints, Number.NEGATIVE_INFINITY, 3), step: tf.step(ints, 0.3), exp: tf.exp(ints) },
          ...{
            leaky: tf.leakyRelu(ints, 0.5),
            prelu: tf.prelu(ints, floats),
            sinh: tf.sinh(some),
            selu: tf.selu(some),
          },
          ...{ round: tf.round(ints), reciprocal: tf.reciprocal(ints), angle: tf.atan2(some, tf.slice(ints, 1, 4)) },
          tests: tf.stack([tf.isNaN(ints), tf.isInf(ints), tf.isFinite(ints)]),
          powers: tf.pow(others, tf.abs(others)),
          fewPowers: tf.concat([0, 1, 2, 3].map((n) => tf.pow(others, tf.scalar(n, 'int32')))),
        };
      },
    ],
    [
      'several types at once',
      ({ ints, bools, floats, indices }) => {
        const condition = tf.cast(indices, 'bool');
        return {
          ...{ chosen: tf.where(condition, floats, ints), next: tf.where(condition, ints, floats) },
          ...{ counted: tf.where(condition, bools, ints), joined: tf.concat([floats, ints, bools]) },
          ...{ joinedInts: tf.concat([ints, tf.slice(floats, 0, 3), bools]), prelu: tf.prelu(floats, ints) },
          product: tf.einsum('i,i->', indices, floats),
          places: tf.searchSorted(tf.cumsum(tf.abs(floats)), tf.slice(ints, 0, 4)),
        };
      },
    ],
  ])('%s', async (_, fn) => {
    // To five digits; toEqual tells −0 from 0, which the engine does not.
    const read = (results: Record<string, tf.Tensor>): [string, string, number[]][] =>
      Object.entries(results).map(([name, y]) => [
        name,
        y.dtype,
        Array.from(y.dataSync(), (value) => Number(value.toPrecision(5)) + 0),
      ]);
    const run = await runBy(way, fn as (inputs: Tensors) => Tensors, given);
    expect(read(await run(given))).toEqual(read(fn(given)));
  });
});

test('constants are not folded where tfjs-cpu is wrong', () => {
  const constant = compile(
    () => {
      const x = tf.tensor1d([Number.NaN, 2, Number.POSITIVE_INFINITY]);
      return {
        erf: tf.erf(tf.tensor1d([0.5])),
        order: tf.topk(x, 3).indices,
        sums: tf.unsortedSegmentSum(x, tf.tensor1d([0, 1, 2], 'int32'), 2),
      };
    },
    { name: 'constant', state: [] },
  );
  const { erf, order, sums } = constant({});
  expect(erf.dataSync()).toEqual(Float32Array.of(0.5204998778130465));
  expect(order.dataSync()).toEqual(Int32Array.of(0, 2, 1));
  expect(sums.dataSync()).toEqual(Float32Array.of(Number.NaN, 2));
  constant.dispose();
});

test.each(['float32', 'int32'] as const)('einsum of a bool beside %s is an error, of two bools none', (dtype) => {
  const bools = tf.tensor1d([1, 0, 1], 'bool');
  const run = compile(({ x, y }: { x: tf.Tensor; y: tf.Tensor }) => ({ z: tf.einsum('i,i->', x, y) }), {
    name: 'mixed',
    state: [],
  });
  expect(() => run({ x: tf.tensor1d([-2, 3, 4], dtype), y: bools })).toThrow(
    `bool [3]: a bool beside ${dtype}: cast one to the type of the other`,
  );
  expect(run({ x: bools, y: bools }).z.dataSync()[0]).toBe(2);
  run.dispose();
});

describe.each(WAYS)('%s: an index out of range is an error', (way) => {
  const table = (): tf.Tensor2D => tf.tensor2d([1, 2, 3, 4], [2, 2]);
  test.each<[string, (indices: tf.Tensor) => tf.Tensor]>([
    ['gather', (i) => tf.gather(table(), tf.reshape(i, [-1]))],
    ['gatherND', (i) => tf.gatherND(table(), i)],
    ['scatterND', (i) => tf.scatterND(i, tf.tensor2d([[1, 2]]), [2, 2])],
    ['tensorScatterUpdate', (i) => tf.tensorScatterUpdate(table(), i, tf.tensor2d([[1, 2]]))],
  ])('%s', async (_, fn) => {
    const indices = (index: number) => tf.tensor2d([[index]], undefined, 'int32');
    for (const index of [-1, 2]) {
      await expect(runBy(way, () => ({ y: fn(indices(index)) }), {}).then((run) => run({}))).rejects.toThrow();
      const varying = await runBy(way, ({ i }) => ({ y: fn(i!) }), { i: indices(1) });
      expect((await varying({ i: indices(1) })).y!.size).toBeGreaterThan(0);
      // ONNX Runtime says it in its own words.
      const message = way === 'exported' ? /index|indice/ : `compile('edge'): the index ${index} is not in [0, 2)`;
      await expect(varying({ i: indices(index) })).rejects.toThrow(message);
    }
  });
});

describe.each(['native', 'wasm'] as const)('%s alone', (way) => {
  test('a product with a reciprocal is rounded twice', async () => {
    const xs = tf.tensor1d(Array.from({ length: 200 }, (_, i) => 0.1 + 0.037 * i));
    await expectEqual(way, (x) => tf.mul(tf.sqrt(x), tf.div(1, tf.add(x, 1))), xs);
  });

  test('powers of integers keep all their bits', async () => {
    const bases = tf.tensor1d([2, 3, -3, 46341, -1, -1, 1, 0, 7, -2, 5], 'int32');
    const exponents = [31, 19, 13, 2, -3, -4, -7, 0, 11, 31, -1];
    const { compiled, eager } = await both(way, (x) => tf.pow(x, tf.tensor1d(exponents, 'int32')), bases);
    expect(compiled).toEqual(eager);
    expect(compiled.slice(0, 2)).toEqual([-(2 ** 31), 3 ** 19]);
  });

  test('a product of a reversed matrix, read backwards, stays in its memory', async () => {
    const x = tf.reshape(tf.linspace(0.1, 1, 37 * 22), [37, 22]);
    const { compiled, eager } = await both(
      way,
      (input) => {
        const z = tf.reverse(input, 0);
        return tf.sum(tf.reverse(tf.matMul(z, z, false, true), 0), 0, true);
      },
      x,
    );
    const most = Math.max(...eager.map(Math.abs));
    compiled.forEach((y, i) => expect(Math.abs(y - eager[i]!)).toBeLessThan(1e-5 * most));
  });

  const { abs, neg, sign, square, asinh, reciprocal, atanh, relu } = tf;
  test.each(Object.entries({ abs, neg, sign, square, asinh, reciprocal, atanh, relu }))('%s of bools', (_, fn) =>
    expectEqual(way, fn, tf.tensor1d([1, 0, 1], 'bool')),
  );
});
