import * as tf from '@tensorflow/tfjs-core';
import { memoryNames } from '../../../src/nn/recurrent.ts';
import { broadcasts, type Choices, limited, Unfit } from './choices.ts';
import { type Call, type Dtype, Literal } from './program.ts';
import { chosenUnroll } from './unroll.ts';

type Operation = (c: Choices) => Call;

const call = (fn: string, ...args: unknown[]): Call => ({ fn, args });

const FLOAT_FUNCTIONS = (
  'abs neg sign square sqrt rsqrt reciprocal exp expm1 log log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh ' +
  'erf sigmoid softplus relu relu6 elu selu ceil floor round isNaN isInf isFinite onesLike zerosLike'
).split(' ');
const INT_FUNCTIONS = 'abs neg sign square relu onesLike zerosLike'.split(' ');
const ARITHMETIC = 'add sub mul maximum minimum squaredDifference'.split(' ');
const DIVISIONS = 'div divNoNan floorDiv mod'.split(' ');
const COMPARISONS = 'greater greaterEqual less lessEqual equal notEqual'.split(' ');
const LOGIC = 'logicalAnd logicalOr logicalXor'.split(' ');

const named = <Name extends string>(
  names: readonly Name[],
  make: (name: Name) => Operation,
): Record<string, Operation> => Object.fromEntries(names.map((name) => [name, make(name)]));

const ints = (values: readonly number[], shape: readonly number[] = [values.length]): Literal =>
  new Literal(values, shape, 'int32');

const isFull = ({ rank, size }: tf.Tensor): boolean => rank > 0 && size > 0;
const isVector = (x: tf.Tensor): boolean => x.rank === 1 && x.size > 0 && x.size < 30;
const isNumber = ({ dtype }: tf.Tensor): boolean => dtype !== 'bool';
const product = (sizes: readonly number[]): number => sizes.reduce((count, size) => count * size, 1);
const sameShape = (a: tf.Tensor, b: tf.Tensor): boolean => tf.util.arraysEqual(a.shape, b.shape);

const begins = (c: Choices, shape: readonly number[]): [begin: number[], size: number[]] => {
  const begin = shape.map((size) => c.int(0, size));
  return [begin, shape.map((size, i) => c.int(0, size - begin[i]!))];
};

const paddings = (c: Choices, shape: readonly number[], most: (size: number) => number): [number, number][] => {
  const pads = shape.map((size): [number, number] => [c.int(0, most(size)), c.int(0, most(size))]);
  limited(shape.reduce((count, size, i) => count * (size + pads[i]![0] + pads[i]![1]), 1));
  return pads;
};

/** Two matrices, or batches of them, whose product exists. */
const factors = (c: Choices): [a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean] => {
  const [transposeA, transposeB] = [c.flag(), c.flag()];
  const a = c.float(({ rank }) => rank >= 2);
  const inner = a.shape.at(transposeA ? -2 : -1);
  const batch = a.shape.slice(0, -2);
  const b = c.float(
    (x) =>
      x.rank === a.rank &&
      x.shape.at(transposeB ? -1 : -2) === inner &&
      x.shape.slice(0, -2).every((size, i) => size === batch[i]),
  );
  return [a, b, transposeA, transposeB];
};

/** A constant filter for images, strides, and zeros around. */
const windows = (c: Choices, x: tf.Tensor): [filter: Literal, strides: [number, number], pad: 'valid' | 'same'] => {
  const pad = c.of(['valid', 'same'] as const);
  const size = (axis: number): number => c.int(1, pad === 'valid' ? Math.min(3, x.shape[axis]!) : 3);
  const shape = [size(1), size(2), x.shape[3]!, c.int(1, 3)];
  limited((x.size / x.shape[3]!) * product(shape));
  const weights = Array.from({ length: product(shape) }, (_, i) => ((i * 5) % 7) / 4 - 0.75);
  return [new Literal(weights, shape, 'float32'), [c.int(1, 3), c.int(1, 3)], pad];
};

const CONSTANTS = [0, 1, -1, 2, 0.5, -3, 41, 1e-25, 1e25, Number.NaN, Number.POSITIVE_INFINITY];

/** Operations by name: calls of tfjs with arguments chosen from what there is. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  ...named(FLOAT_FUNCTIONS, (name) => (c) => call(name, c.float())),
  ...named(INT_FUNCTIONS, (name) => (c) => call(name, c.tensor(isNumber))),
  ...named(ARITHMETIC, (name) => (c) => call(name, ...c.pair(['float32', 'int32']))),
  ...named(DIVISIONS, (name) => (c) => call(name, ...c.pair([c.of<Dtype>(['float32', 'int32'])]))),
  ...named(COMPARISONS, (name) => (c) => call(name, ...c.pair())),
  ...named(LOGIC, (name) => (c) => call(name, ...c.pair(['bool']))),
  logicalNot: (c) => call('logicalNot', c.typed('bool')),
  pow: (c) => call('pow', ...c.pair(['float32'])),
  'pow by a number': (c) => call('pow', c.float(), c.of([0, 1, 2, 3, 0.5, -1, -2, 1.7])),
  atan2: (c) => call('atan2', ...c.pair(['float32'])),
  addN: (c) => {
    const a = c.float();
    return call('addN', [a, c.float((b) => sameShape(a, b)), a]);
  },
  'with a number': (c) => call(c.of(['add', 'sub', 'mul', 'div', 'maximum', 'minimum']), c.float(), c.of(CONSTANTS)),
  'number with': (c) => call(c.of(['sub', 'div']), c.of(CONSTANTS), c.float()),
  clipByValue: (c) => call('clipByValue', c.float(), c.of([-1, 0, -0.3]), c.of([0, 1, 2.5])),
  leakyRelu: (c) => call('leakyRelu', c.float(), 0.1),
  prelu: (c) => {
    const x = c.float();
    return call(
      'prelu',
      x,
      c.float((alpha) => broadcasts(x, alpha) && alpha.rank <= x.rank && broadcastsTo(alpha, x)),
    );
  },
  step: (c) => call('step', c.float(), c.of([0, 0.25, -1])),
  cast: (c) => call('cast', c.tensor(), c.of<Dtype>(['float32', 'int32', 'bool'])),
  where: (c) => {
    const [a, b] = c.pair([c.of<Dtype>(['float32', 'int32'])]);
    // tf.broadcastTo leaves axes of size 1 as they are where 0 is wanted.
    const isBroadcast = (x: tf.Tensor): boolean => ![a, b, x].some(({ size }) => size === 0);
    const condition = c.typed(
      'bool',
      (x) => (isBroadcast(x) && broadcasts(a, x) && broadcasts(b, x)) || (sameShape(a, b) && sameShape(a, x)),
    );
    return call('where', condition, a, b);
  },
  constant: (c) => {
    const like = c.tensor();
    const number = c.of(CONSTANTS);
    const dtype = Number.isInteger(number) && number < 1e10 ? c.of<Dtype>(['float32', 'int32']) : 'float32';
    return call('fill', like.shape, number, dtype);
  },
  'constant row': (c) => {
    const like = c.float(({ rank }) => rank > 0);
    const size = like.shape.at(-1)!;
    return call(
      'add',
      like,
      new Literal(
        Array.from({ length: size }, (_, i) => i - 1),
        [size],
        'float32',
      ),
    );
  },

  ...named(['sum', 'max', 'min', 'prod'], (name) => (c) => {
    const x = c.tensor(isNumber);
    return call(name, x, c.axes(x), c.flag());
  }),
  ...named(['mean', 'logSumExp'], (name) => (c) => {
    const x = c.float();
    return call(name, x, c.axes(x), c.flag());
  }),
  ...named(['all', 'any'], (name) => (c) => {
    const x = c.typed('bool');
    return call(name, x, c.axes(x), c.flag());
  }),
  ...named(['argMax', 'argMin'], (name) => (c) => {
    const x = c.tensor(({ dtype, rank, size }) => dtype !== 'bool' && rank > 0 && size > 0);
    return call(name, x, c.axis(x));
  }),
  ...named(['cumsum', 'cumprod'], (name) => (c) => {
    const x = c.tensor((t) => isNumber(t) && t.rank > 0);
    return call(name, x, c.axis(x), c.flag(), c.flag());
  }),
  ...named(['softmax', 'logSoftmax'], (name) => (c) => call(name, c.float(isFull))),
  norm: (c) => {
    const x = c.float(({ rank }) => rank > 0);
    return call('norm', x, 'euclidean', c.axis(x), c.flag());
  },
  topk: (c) => {
    const x = c.float(isFull);
    return call('topk', x, c.int(1, x.shape.at(-1)!));
  },

  reshape: (c) => {
    const x = c.tensor(({ size }) => size > 0);
    const sizes = x.shape.filter((size) => size !== 1);
    const shape = c.of([[x.size], [x.size, 1], [1, x.size], sizes, [...sizes].reverse(), [1, ...x.shape]]);
    if (shape.length > 6) throw new Unfit();
    return call('reshape', x, shape);
  },
  expandDims: (c) => {
    const x = c.tensor(({ rank }) => rank < 5);
    return call('expandDims', x, c.int(0, x.rank));
  },
  squeeze: (c) => call('squeeze', c.tensor()),
  transpose: (c) => {
    const x = c.tensor();
    return call('transpose', x, c.permutation(x.rank));
  },
  slice: (c) => {
    const x = c.tensor(({ rank }) => rank > 0);
    return call('slice', x, ...begins(c, x.shape));
  },
  'slice of one axis': (c) => {
    const x = c.tensor(isFull);
    const axis = c.axis(x);
    const begin = c.int(0, x.shape[axis]! - 1);
    const count = c.int(1, x.shape[axis]! - begin);
    return call(
      'slice',
      x,
      x.shape.map((_, i) => (i === axis ? begin : 0)),
      x.shape.map((size, i) => (i === axis ? count : size)),
    );
  },
  stridedSlice: (c) => {
    const x = c.tensor(isFull);
    const backwards = x.shape.map(() => c.flag());
    const from = x.shape.map((size) => c.int(0, size - 1));
    const to = x.shape.map((size, i) => (backwards[i] ? c.int(0, from[i]!) : c.int(from[i]!, size)));
    const strides = x.shape.map((_, i) => (backwards[i] ? -1 : 1) * c.int(1, 3));
    return call('stridedSlice', x, from, to, strides);
  },
  pad: (c) => {
    const x = c.tensor((t) => isNumber(t) && t.rank > 0);
    return call(
      'pad',
      x,
      paddings(c, x.shape, () => 2),
      c.of([0, 1]),
    );
  },
  mirrorPad: (c) => {
    const x = c.float(isFull);
    const mode = c.of(['reflect', 'symmetric']);
    return call(
      'mirrorPad',
      x,
      paddings(c, x.shape, (size) => (mode === 'reflect' ? size - 1 : size)),
      mode,
    );
  },
  tile: (c) => {
    const x = c.tensor(({ rank }) => rank > 0);
    const reps = x.shape.map(() => c.int(1, 3));
    limited(x.size * product(reps));
    return call('tile', x, reps);
  },
  broadcastTo: (c) => {
    const x = c.tensor(({ rank }) => rank < 5);
    const shape = [...(c.flag() ? [c.int(1, 3)] : []), ...x.shape.map((size) => (size === 1 ? c.int(1, 3) : size))];
    limited(product(shape));
    return call('broadcastTo', x, shape);
  },
  reverse: (c) => {
    const x = c.tensor(({ rank }) => rank > 0);
    return call('reverse', x, c.axis(x));
  },
  concat: (c) => {
    const a = c.tensor(({ rank, dtype }) => rank > 0 && dtype !== 'bool');
    const axis = c.axis(a);
    const b = c.tensor(
      (x) => x.dtype === a.dtype && x.rank === a.rank && x.shape.every((size, i) => i === axis || size === a.shape[i]),
    );
    limited(2 * a.size + b.size);
    return call('concat', c.flag() ? [a, b] : [a, b, a], axis);
  },
  stack: (c) => {
    const a = c.tensor(({ rank }) => rank < 5);
    const b = c.tensor((x) => x.dtype === a.dtype && sameShape(a, x));
    limited(a.size + b.size);
    return call('stack', [a, b], c.int(0, a.rank));
  },
  unstack: (c) => {
    const x = c.tensor(isFull);
    return call('unstack', x, c.axis(x));
  },
  split: (c) => {
    const x = c.tensor(isFull);
    const axis = c.axis(x);
    const first = c.int(1, x.shape[axis]!);
    const rest = x.shape[axis]! - first;
    return call('split', x, rest === 0 ? [first] : [first, rest], axis);
  },
  'halves, swapped': (c) => {
    const x = c.tensor(({ rank, size, shape }) => rank > 0 && size > 0 && shape.some((s) => s % 2 === 0));
    return call('split', x, 2, c.of(x.shape.flatMap((size, i) => (size % 2 === 0 ? [i] : []))));
  },
  diag: (c) => call('diag', c.float(isVector)),
  bandPart: (c) =>
    call(
      'linalg.bandPart',
      c.float(({ rank, size }) => rank === 2 && size > 0),
      1,
      0,
    ),

  gather: (c) => {
    const x = c.tensor(isFull);
    const axis = c.axis(x);
    const indices = Array.from({ length: c.int(1, 3) }, () => c.int(0, x.shape[axis]! - 1));
    limited((x.size / x.shape[axis]!) * indices.length);
    return call('gather', x, ints(indices), axis);
  },
  'gather by argMax': (c) => {
    const x = c.float(isVector);
    return call(
      'gather',
      c.tensor(({ rank, shape }) => rank > 0 && shape[0]! >= x.size),
      call('argMax', x),
    );
  },
  gatherND: (c) => {
    const x = c.float(isFull);
    const depth = c.int(1, x.rank);
    const indices = Array.from({ length: 2 }, () => x.shape.slice(0, depth).map((size) => c.int(0, size - 1)));
    return call('gatherND', x, ints(indices.flat(), [2, depth]));
  },
  scatterND: (c) => {
    const x = c.float(isFull);
    const indices = Array.from({ length: x.shape[0]! }, () => c.int(0, 3));
    return call('scatterND', ints(indices, [x.shape[0]!, 1]), x, [4, ...x.shape.slice(1)]);
  },
  unsortedSegmentSum: (c) => {
    const x = c.float(isFull);
    const ids = Array.from({ length: x.shape[0]! }, () => c.int(-1, 3));
    return call('unsortedSegmentSum', x, ints(ids), 3);
  },
  oneHot: (c) => {
    const indices = c.typed('int32', ({ rank, size }) => rank < 4 && size <= 300);
    return call('oneHot', indices, c.int(1, 4), c.of([1, 2]), c.of([0, -1]), c.of<Dtype>(['float32', 'int32']));
  },
  searchSorted: (c) => {
    const row = new Literal([-1.5, -0.5, 0, 0, 1, 2], [6], 'float32');
    return call('searchSorted', row, c.float(isVector), c.of(['left', 'right']));
  },

  matMul: (c) => call('matMul', ...factors(c)),
  'fused matMul': (c) => {
    const [a, b, transposeA, transposeB] = factors(c);
    const columns = b.shape.at(transposeB ? -2 : -1)!;
    const bias = c.float(({ rank, size }) => rank === 1 && size === columns);
    const activation = c.of(['linear', 'relu', 'elu', 'relu6', 'sigmoid']);
    return call('fused.matMul', { a, b, transposeA, transposeB, bias, activation });
  },
  'product with its transpose': (c) => {
    const x = c.float(({ rank }) => rank >= 2);
    return call('matMul', x, x, ...(c.flag() ? [true, false] : [false, true]));
  },
  outerProduct: (c) => {
    const a = c.float(isVector);
    return call('outerProduct', a, c.float(isVector));
  },
  einsum: (c) => {
    const a = c.float(({ rank, size }) => rank === 2 && size > 0);
    const b = c.float(({ rank, size, shape }) => rank === 2 && size > 0 && shape[0] === a.shape[1]);
    return call('einsum', c.of(['ij,jk->ik', 'ij,jk->ki', 'ij,jk->i']), a, b);
  },
  batchNorm: (c) => {
    const x = c.float(({ rank }) => rank >= 2 && rank <= 4);
    const vector = (): tf.Tensor => c.float(({ rank, size }) => rank === 1 && size === x.shape.at(-1));
    return call('batchNorm', x, vector(), vector(), vector(), vector());
  },

  conv2d: (c) => {
    const x = c.float(({ rank, size }) => rank === 4 && size > 0);
    return call('conv2d', x, ...windows(c, x));
  },
  'conv2d of the same images': (c) => {
    const x = c.float(({ rank, size }) => rank === 4 && size > 0);
    const [height, width] = [x.shape[1]!, x.shape[2]!];
    const filter = c.float(
      ({ rank, size, shape }) =>
        rank === 4 && size > 0 && shape[0]! <= height && shape[1]! <= width && shape[2] === x.shape[3],
    );
    return call('conv2d', x, filter, c.int(1, 3), c.of(['valid', 'same']));
  },

  ...named(memoryNames, (name) => (c) => chosenUnroll(name, c)),

  assign: (c) => {
    const variable = c.tensor((x) => x instanceof tf.Variable);
    return call(
      'assign',
      variable,
      c.tensor((x) => x !== variable && x.dtype === variable.dtype && sameShape(x, variable)),
    );
  },
};

function broadcastsTo(a: tf.Tensor, b: tf.Tensor): boolean {
  return tf.util.arraysEqual(tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape), b.shape);
}
