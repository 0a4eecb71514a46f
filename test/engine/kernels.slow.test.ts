import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { selectEngine } from '../../src/engine/runtime/engine.ts';
import { TRACEABLE } from '../../src/engine/trace/traceBackend.ts';
import { Rng } from '../../src/random.ts';
import { exported } from '../support/onnx.ts';

/**
 * Inputs as `[2,3]` of numbers in ±3, `0.2..3[2,3]` of numbers in this range, `int-5..6[2,3]` of integers from −5 to 5, `bool[2,3]`. 'value':
 * there is no gradient, or tfjs's own is wrong (said beside the case).
 */
type Case = readonly [
  name: string,
  inputs: string,
  fn: (...x: tf.Tensor[]) => tf.Tensor | tf.Tensor[],
  only?: 'value' | undefined,
];
type Unary = readonly [name: string, range: string, fn: (x: tf.Tensor) => tf.Tensor, only?: 'value' | undefined];
type Binary = readonly [
  name: string,
  a: string,
  b: string,
  fn: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  only?: 'value' | undefined,
];

const [ANY, POSITIVE, UNIT, INTS, FLAGS] = ['', '0.2..3', '-0.9..0.9', 'int-5..6', 'bool'];
const float = (x: tf.Tensor): tf.Tensor => tf.cast(x, 'float32');
const int = (x: tf.Tensor): tf.Tensor => tf.cast(x, 'int32');
/** Numbers in pairs, as of a padding. */
const pairs = (...x: number[]) =>
  Array.from({ length: x.length / 2 }, (_, i): [number, number] => [x[2 * i]!, x[2 * i + 1]!]);

const operations = { ...tf } as unknown as Readonly<Record<string, (...x: tf.Tensor[]) => tf.Tensor>>;
const named = (names: string): Unary[] => names.split(' ').map((name) => [name, ANY, operations[name]!]);
const UNARY = (
  [
    ...named('abs neg sign square exp expm1 sin cos atan sinh'),
    ...named('cosh tanh asinh erf sigmoid relu elu selu ceil floor round'),
    ['neg twice', ANY, (x) => tf.neg(tf.neg(x))],
    ['zero minus', ANY, (x) => tf.sub(0, x)],
    ['sqrt', POSITIVE, tf.sqrt],
    ['rsqrt', POSITIVE, tf.rsqrt],
    ['reciprocal', POSITIVE, tf.reciprocal],
    ['expm1 near 0', '-0.001..0.001', tf.expm1],
    ['expm1 far', '-30..30', tf.expm1],
    ['log', POSITIVE, tf.log],
    ['log1p', '-0.9..3', tf.log1p],
    ['log1p near 0', '-0.0001..0.0001', tf.log1p],
    ['tan', '-1..1', tf.tan],
    ['asin', UNIT, tf.asin],
    ['acos', UNIT, tf.acos],
    ['acosh', '1.2..4', tf.acosh],
    ['atanh', UNIT, tf.atanh],
    ['log sigmoid by softplus', ANY, (x) => tf.neg(tf.softplus(tf.neg(x)))],
    ['softplus', '-15..15', tf.softplus],
    ['softplus far', '-40..40', tf.softplus, 'value'],
    ['relu6', '-2..8', tf.relu6],
    ['leaky relu', ANY, (x) => tf.leakyRelu(x, 0.1)],
    ['swish', ANY, (x) => tf.mul(x, tf.sigmoid(x))],
    ['gelu by erf', ANY, (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1))],
    ['step', ANY, (x) => tf.step(x, 0.25)],
    ['clip by value', ANY, (x) => tf.clipByValue(x, -1, 1.5)],
    ['is nan', ANY, (x) => float(tf.isNaN(tf.log(x))), 'value'],
    ['is finite', ANY, (x) => float(tf.isFinite(tf.log(tf.relu(x)))), 'value'],
    ['is inf', ANY, (x) => float(tf.isInf(tf.log(tf.relu(x)))), 'value'],
    ['cast to int and back', ANY, (x) => float(int(x)), 'value'],
    ['cast to bool and back', ANY, (x) => float(tf.cast(tf.relu(x), 'bool')), 'value'],
    ['plus zero, times one', ANY, (x) => tf.div(tf.mul(tf.sub(tf.add(x, 0), 0), 1), 1)],
    ['constants in a row', ANY, (x) => tf.mul(tf.mul(tf.div(tf.mul(x, 3), 7), -1), 0.5)],
    ['constant minus', ANY, (x) => tf.sub(0, tf.sub(1, x))],
    ['powers', POSITIVE, (x) => tf.addN([0, 1, 2, 3, 0.5, -1].map((power) => tf.pow(x, power)))],
    ['ones and zeros like', ANY, (x) => tf.add(tf.mul(x, tf.onesLike(x)), tf.zerosLike(x))],
    ['sum of itself', ANY, (x) => tf.addN([x, x, tf.mul(x, x)])],
    ['not of a comparison', ANY, (x) => float(tf.logicalNot(tf.greater(x, 0))), 'value'],
  ] satisfies Unary[]
).flatMap(([name, range, fn, only]: Unary) =>
  ['[]', '[5]', '[2,3,4]'].map((shape): Case => [name, range + shape, fn as Case[2], only]),
);

const compared = (names: string, range: string): Binary[] =>
  names.split(' ').map((name) => [name, range, range, (a, b) => float(operations[name]!(a, b)), 'value']);
const BINARY = (
  [
    ['add', ANY, ANY, tf.add],
    ['sub', ANY, ANY, tf.sub],
    ['mul', ANY, ANY, tf.mul],
    ['div', ANY, POSITIVE, tf.div],
    ['div no nan', ANY, POSITIVE, tf.divNoNan, 'value'],
    ['pow', POSITIVE, UNIT, tf.pow],
    // tfjs's gradients of these three do not sum over what they broadcast.
    ['maximum', ANY, ANY, tf.maximum, 'value'],
    ['minimum', ANY, ANY, tf.minimum, 'value'],
    ['squared difference', ANY, ANY, tf.squaredDifference, 'value'],
    ['mod', ANY, POSITIVE, tf.mod],
    ['mod by negatives', ANY, '-2..-0.3', tf.mod],
    ['mod of integers', INTS, 'int1..5', tf.mod, 'value'],
    ['floor division', ANY, POSITIVE, tf.floorDiv, 'value'],
    ['floor division of integers', INTS, 'int1..5', tf.floorDiv, 'value'],
    ['integers: add, mul, max', INTS, INTS, (a, b) => tf.add(tf.mul(a, b), tf.maximum(a, b)), 'value'],
    ['atan2', ANY, ANY, tf.atan2],
    ['add of negatives', ANY, ANY, (a, b) => tf.add(tf.neg(a), tf.neg(b))],
    ['sub of a negative', ANY, ANY, (a, b) => tf.sub(a, tf.neg(b))],
    ['product of negatives', ANY, ANY, (a, b) => tf.mul(tf.neg(a), tf.neg(b))],
    ...compared('greater greaterEqual less lessEqual equal notEqual', INTS),
    ...compared('logicalAnd logicalOr logicalXor', FLAGS),
    ['negative plus', ANY, ANY, (a, b) => tf.add(tf.neg(a), b)],
    ['prelu by where', ANY, ANY, (a, b) => tf.where(tf.greaterEqual(tf.add(a, tf.zerosLike(b)), 0), a, tf.mul(a, b))],
  ] satisfies Binary[]
).flatMap(([name, a, b, fn, only]: Binary) =>
  ['[] []', '[4] [4]', '[3,4] [4]', '[3,1] [1,4]', '[2,3,4] []', '[1] [2,3]', '[2,1,4] [3,1]'].map((shapes): Case => {
    const [left, right] = shapes.split(' ');
    return [name, `${a}${left} ${b}${right}`, fn as Case[2], only];
  }),
);

const REDUCED = (
  [
    ['[5]', undefined],
    ['[3,4]', undefined],
    ['[3,4]', [0]],
    ['[3,4]', [1]],
    ['[2,3,4]', [0, 2]],
    ['[2,3,4]', [-1]],
    ['[2,1,4]', [1]],
  ] as const
).flatMap(([shape, some]) =>
  [false, true].flatMap((keep): Case[] => {
    const axes = some === undefined ? undefined : [...some];
    const reductions: [string, (x: tf.Tensor) => tf.Tensor, 'value'?][] = [
      ['sum', (x) => tf.sum(x, axes, keep)],
      ['mean', (x) => tf.mean(x, axes, keep)],
      ['max', (x) => tf.max(x, axes, keep)],
      ['min', (x) => tf.min(x, axes, keep)],
      // Its gradient needs methods that only tfjs's larger package adds to tensors.
      ['prod', (x) => tf.prod(x, axes, keep), 'value'],
      ['log-sum-exp', (x) => tf.logSumExp(x, axes, keep)],
      ['norm', (x) => tf.norm(x, 'euclidean', axes, keep)],
      ['variance', (x) => tf.moments(x, axes, keep).variance],
      ['sum of an expansion', (x) => tf.sum(tf.mul(tf.sum(x, -1, true), tf.onesLike(x)), axes, keep)],
    ];
    return reductions.map(([name, fn, only]) => [
      `${name} over ${axes ?? 'all'}${keep ? ', kept' : ''}`,
      POSITIVE + shape,
      fn,
      only,
    ]);
  }),
);

const ALONG_AXES: Case[] = [
  ['max of negatives', '-3..-0.2[5]', (x) => tf.max(x)],
  ['max of rows of negatives', '-3..-0.2[3,4]', (x) => tf.max(x, 1)],
  ...[0, 1, 2].flatMap((axis): Case[] => [
    [`argMax over ${axis}`, '[2,3,4]', (x) => [tf.argMax(x, axis), tf.argMax(int(x), axis)], 'value'],
    [`argMin over ${axis}`, '[2,3,4]', (x) => [tf.argMin(x, axis), tf.argMin(int(x), axis)], 'value'],
    [`all and any over ${axis}`, 'bool[2,3,4]', (x) => [tf.all(x, axis), tf.any(x, axis, true)], 'value'],
    [`unstack ${axis}`, '[2,3,4]', (x) => tf.unstack(x, axis)],
    [`stack ${axis}`, '[2,3] [2,3]', (a, b) => tf.stack([a, b], axis)],
    [`concat ${axis}`, '[2,3,4] [2,3,4]', (a, b) => tf.concat([a, b, a], axis)],
    [`split ${axis}`, '[4,4,4]', (x) => tf.split(x, [1, 3], axis)],
    [`one part of a split ${axis}`, '[4,4,4]', (x) => tf.split(x, 4, axis)[2]!],
    [`split and joined ${axis}`, '[4,4,4]', (x) => tf.concat(tf.split(x, 2, axis), axis)],
    [`split, swapped, joined ${axis}`, '[4,4,4]', (x) => tf.concat(tf.split(x, 2, axis).reverse(), axis)],
    [`joined and split ${axis}`, '[2,3,4] [2,3,4]', (a, b) => tf.split(tf.concat([a, b], axis), 2, axis)[1]!],
    [`reverse ${axis}`, '[2,3,4]', (x) => tf.reverse(x, axis)],
    [`gather ${axis}`, '[3,3,3] int0..3[4]', (x, i) => tf.gather(x, i, axis)],
    ...pairs(0, 0, 0, 1, 1, 0, 1, 1).flatMap(([exclusive, reverse]): Case[] => [
      [
        `cumsum ${axis} ${exclusive} ${reverse}`,
        '[2,3,4]',
        (x) => tf.cumsum(x, axis, exclusive === 1, reverse === 1),
        // tfjs transposes the gradient where the axis is not the last.
        axis === 2 ? undefined : 'value',
      ],
      [
        `cumprod ${axis} ${exclusive} ${reverse}`,
        '[2,3,5]',
        (x) => tf.cumprod(x, axis, exclusive === 1, reverse === 1),
        'value',
      ],
    ]),
  ]),
  ['softmax', '[2,3,4]', (x) => tf.softmax(x)],
  ['log softmax', '[3,4]', (x) => tf.logSoftmax(x)],
  ['top 2', '[3,4]', (x) => Object.values(tf.topk(x, 2)), 'value'],
  ['sorted search', '[2,3]', (x) => tf.searchSorted(tf.tensor2d([-2, -1, 0, 1, -1, 0, 0, 2], [2, 4]), x), 'value'],
  [
    'sorted search of integers, from the right',
    'int-2..3[2,3]',
    (x) => tf.searchSorted(tf.tensor2d([-2, -1, 0, 1, -1, 0, 0, 2], [2, 4], 'int32'), x, 'right'),
    'value',
  ],
];

const pick = (x: tf.Tensor, first: number, count: number): tf.Tensor => tf.slice(x, [0, first], [-1, count]);
const PLACES: Case[] = [
  ['reshape', '[2,6]', (x) => tf.reshape(x, [3, -1])],
  ['reshape of a reshape', '[2,6]', (x) => tf.reshape(tf.reshape(x, [12]), [4, 3])],
  ['squeeze and expand', '[2,1,3]', (x) => tf.expandDims(tf.squeeze(x, [1]), -1)],
  ['transpose 2-D', '[2,3]', (x) => tf.transpose(x)],
  ['transpose 3-D', '[2,3,4]', (x) => tf.transpose(x, [2, 0, 1])],
  ['transpose of a transpose', '[2,3,4]', (x) => tf.transpose(tf.transpose(x, [2, 0, 1]), [1, 0, 2])],
  ['transpose of a column', '[3,1]', (x) => tf.transpose(x)],
  ['slice', '[4,5]', (x) => tf.slice(x, [1, 2], [2, -1])],
  ['slice of two axes', '[4,5,3]', (x) => tf.slice(x, [1, 0, 2], [2, 5, 1])],
  ['neighbouring slices', '[3,4]', (x) => tf.add(tf.square(pick(x, 0, 2)), tf.exp(pick(x, 2, 2)))],
  ['overlapping slices', '[3,4]', (x) => tf.add(tf.square(pick(x, 0, 3)), tf.exp(pick(x, 1, 3)))],
  ['slices with a gap', '[3,5]', (x) => tf.add(tf.square(pick(x, 0, 2)), tf.exp(pick(x, 3, 2)))],
  ['three slices', '[3,3]', (x) => tf.addN([0, 1, 2].map((i) => tf.pow(tf.abs(pick(x, i, 1)), i + 1)))],
  [
    'slices of a concat',
    '[3,2] [3,3]',
    (a, b) => tf.mul(pick(tf.concat([a, b], 1), 2, 2), pick(tf.concat([a, b], 1), 1, 2)),
  ],
  ['strided slice', '[6,5]', (x) => tf.stridedSlice(x, [1, 0], [6, 5], [2, 3]), 'value'],
  ['strided slice backwards', '[6,5]', (x) => tf.stridedSlice(x, [5, 4], [0, 0], [-2, -1], 0, 2), 'value'],
  ['pad', '[2,3]', (x) => tf.pad(x, pairs(1, 0, 2, 1), 0.5)],
  ['mirror pad, reflect', '[3,4]', (x) => tf.mirrorPad(x, pairs(1, 2, 0, 3), 'reflect'), 'value'],
  ['mirror pad, symmetric', '[3,4]', (x) => tf.mirrorPad(x, pairs(1, 2, 0, 3), 'symmetric'), 'value'],
  ['tile', '[2,3]', (x) => tf.tile(x, [2, 3])],
  ['tile of a row', '[1,3]', (x) => tf.tile(x, [4, 1])],
  ['broadcast', '[3,1]', (x) => tf.broadcastTo(x, [2, 3, 4])],
  ['reverse of all axes', '[2,3]', (x) => tf.reverse(x)],
  ['diagonal', '[3]', (x) => tf.diag(x), 'value'],
  ['range and linspace', '[4]', (x) => tf.add(tf.mul(x, tf.range(0, 4, 1)), tf.linspace(0, 1, 4))],
  ['eye', '[3,3]', (x) => tf.mul(x, tf.eye(3))],
  ['band part', '[4,4]', (x) => tf.linalg.bandPart(x, 1, 0), 'value'],
];

const ids = (...x: number[]): tf.Tensor => tf.tensor2d(x, [x.length, 1], 'int32');
const INDICES: Case[] = [
  ['one-hot', 'int-1..5[5]', (i) => tf.oneHot(i, 4), 'value'],
  ['one-hot of 1 and −1', 'int0..4[5]', (i) => tf.oneHot(i, 4, 1, -1), 'value'],
  ['one-hot 2-D with values', 'int0..4[2,3]', (i) => tf.oneHot(i, 4, 2, -1), 'value'],
  ['gather rows of a table', '[4,3] int0..4[2,2]', (x, i) => tf.gather(x, i)],
  ['batched gather along 1', '[3,5] int0..5[3,2]', (x, i) => tf.gather(x, i, 1, 1), 'value'],
  ['batched gather along 1 of 3', '[3,5,2] int0..5[3,4]', (x, i) => tf.gather(x, i, 1, 1), 'value'],
  ['batched gather along 2', '[3,2,5] int0..5[3,2]', (x, i) => tf.gather(x, i, 2, 1), 'value'],
  ['gather nd', '[3,4] int0..3[5,2]', (x, i) => tf.gatherND(x, i), 'value'],
  ['scatter nd', 'int0..3[4,1] [4,2]', (i, x) => tf.scatterND(i, x, [3, 2]), 'value'],
  ['tensor scatter update', '[4,2] [1,2]', (x, y) => tf.tensorScatterUpdate(x, ids(2), y), 'value'],
  ['scatter of integers, which add up', '[4,2]', (x) => tf.scatterND(ids(0, 2, 0, 1), int(x), [3, 2]), 'value'],
  ['segment sum', '[5,2] int-1..3[5]', (x, i) => tf.unsortedSegmentSum(x, i as tf.Tensor1D, 3)],
  ['segment sum by constants', '[5,2]', (x) => tf.unsortedSegmentSum(x, tf.tensor1d([0, -1, 2, 0, -1], 'int32'), 3)],
  ['where', 'bool[3,4] [3,4] [3,4]', (c, a, b) => tf.where(c, a, b)],
  [
    'where by a constant',
    '[3,4] [3,4]',
    (a, b) => [true, false].map((is) => tf.where(tf.fill([3, 4], Number(is), 'bool'), a, b)),
  ],
  ['where broadcast', 'bool[3,1] [3,4] [4]', (c, a, b) => tf.where(c, a, b)],
  ['where of a scalar', 'bool[3,4] [3,4]', (c, a) => tf.where(c, a, 0)],
  ['where of zeros', 'bool[3,4] [3,4]', (c, a) => tf.where(c, tf.zerosLike(a), tf.exp(a))],
  ['masked by a comparison', '[3,4]', (x) => tf.mul(x, float(tf.greaterEqual(x, 0)))],
];

const layer = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.add(tf.matMul(x, w), b);
const PRODUCTS: Case[] = [
  ...pairs(0, 0, 0, 1, 1, 0, 1, 1).flatMap(([left, right]): Case[] => {
    const [ta, tb, a, b] = [left === 1, right === 1, left ? '3,2' : '2,3', right ? '4,3' : '3,4'];
    const [c, d] = [left ? '2,3' : '3,2', right ? '3,4' : '4,3'];
    return [
      [`matMul ${ta} ${tb}`, `[${a}] [${b}]`, (x, y) => tf.matMul(x, y, ta, tb)],
      [`matMul 3-D ${ta} ${tb}`, `[2,${a}] [2,${b}]`, (x, y) => tf.matMul(x, y, ta, tb)],
      [
        `matMul of transposes ${ta} ${tb}`,
        `[${c}] [${d}]`,
        (x, y) => tf.matMul(tf.transpose(x), tf.transpose(y), ta, tb),
      ],
    ];
  }),
  ['matMul broadcast over the batch', '[1,2,3] [4,3,2]', (a, b) => tf.matMul(a, b), 'value'],
  ['dense layer', '[5,3] [3,4] [4]', (x, w, b) => tf.tanh(layer(x, w, b))],
  ['product plus product', '[5,3] [3,4]', (x, w) => tf.add(tf.matMul(x, w), tf.matMul(tf.tanh(x), w))],
  ['product used twice', '[5,3] [3,4] [4]', (x, w, b) => tf.mul(layer(x, w, b), tf.matMul(x, w))],
  ['product plus a column', '[5,3] [3,4] [5,1]', layer as Case[2]],
  ['product plus a larger tensor', '[1,3] [3,4] [5,4]', layer as Case[2]],
  ...(['linear', 'relu', 'sigmoid', 'elu', 'relu6', 'leakyrelu'] as const).map(
    (activation): Case => [
      `fused matMul, ${activation}`,
      '[5,3] [3,4] [4]',
      (a, b, bias) => tf.fused.matMul({ a, b: b, bias, activation, leakyreluAlpha: 0.1 }),
      activation === 'sigmoid' || activation === 'leakyrelu' ? 'value' : undefined,
    ],
  ),
  ['outer product', '[3] [4]', (a, b) => tf.outerProduct(a as tf.Tensor1D, b as tf.Tensor1D)],
  ['dot', '[3] [3]', (a, b) => tf.dot(a, b)],
  ['einsum: product', '[2,3] [3,4]', (a, b) => tf.einsum('ij,jk->ik', a, b), 'value'],
  ['einsum: batched', '[2,3,4] [2,4,5]', (a, b) => tf.einsum('bij,bjk->bik', a, b), 'value'],
  ['einsum: product of integers', '[3,4] [4,2]', (a, b) => tf.einsum('ij,jk->ik', int(a), int(b)), 'value'],
  ['einsum: transpose', '[2,3]', (a) => tf.einsum('ij->ji', a), 'value'],
  ['einsum: trace', '[3,3]', (a) => tf.einsum('ij->i', a), 'value'],
  [
    'batch norm',
    '[5,3] [3] 0.2..3[3] [3] [3]',
    (x, ...rest) => tf.batchNorm(x, ...(rest as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D])),
  ],
  [
    'maximum, minimum and squared difference of equal shapes',
    '[3,4] [3,4]',
    (a, b) => tf.add(tf.mul(tf.maximum(a, b), tf.minimum(tf.exp(a), b)), tf.squaredDifference(a, b)),
  ],
  ['prelu', '[5,3] [3]', (x, alpha) => tf.prelu(x, alpha)],
  [
    'layer norm',
    '[5,6] [6] [6]',
    (x, scale, shift) => {
      const { mean, variance } = tf.moments(x, 1, true);
      return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), scale), shift);
    },
  ],
  [
    'gru step',
    '[3,2] [3,4] [2,12] [4,12] [12]',
    (x, h, w, u, b) => {
      const [xz, xr, xn] = tf.split(layer(x, w, b), 3, 1);
      const [hz, hr, hn] = tf.split(tf.matMul(h, u), 3, 1);
      const [z, r] = [tf.sigmoid(tf.add(xz!, hz!)), tf.sigmoid(tf.add(xr!, hr!))];
      const n = tf.tanh(tf.add(xn!, tf.mul(r, hn!)));
      return tf.add(tf.mul(tf.sub(1, z), n), tf.mul(z, h));
    },
  ],
];

/** Many rows and few columns, for which faster nodes are used. */
const TALL: Case[] = [
  ...['[200,3] [200,1]', '[200,3] [3]', '[200,1] [3]', '[200,1] []', '[200,1] [1,1]', '[200,1] [200,3]'].flatMap(
    (shapes): Case[] => [
      ['tall sum and product', shapes, (x, y) => tf.add(tf.mul(x, y), y)],
      ['tall comparison', shapes.replaceAll('[', 'int-5..6['), (x, y) => tf.greater(x, y), 'value'],
    ],
  ),
  ['tall sum and product in a batch', '[2,200,1] [200,1]', (x, y) => tf.add(tf.mul(x, y), y)],
  ['tall difference with a constant', '[200,3]', (x) => tf.sub(x, tf.tensor([1, 2, 3]))],
  ['tall one-hot', 'int0..5[200]', (i) => tf.oneHot(i, 5), 'value'],
  ['tall column broadcast', '[200,1]', (x) => tf.broadcastTo(x, [200, 5])],
  ['tall where', 'bool[200,1] [200,3] [3]', (c, a, b) => tf.where(c, a, b)],
  ['tall pad', '[200,3]', (x) => tf.pad(x, pairs(0, 0, 1, 2), -1)],
  ['tall softmax', '[200,3]', (x) => tf.softmax(x)],
  ['thin layer', '[200,8] [8,3] [3]', (x, w, b) => tf.tanh(layer(x, w, b))],
  [
    'thin layer, split',
    '[64,8] [8,5] [5]',
    (x, w, b) => tf.split(layer(x, w, b), [2, 1, 2], 1).map((y, i) => (i === 1 ? tf.exp(y) : tf.square(y))),
  ],
  [
    'parts of a thin product',
    '[64,8] [8,5]',
    (x, w) => {
      const y = tf.matMul(x, w);
      return [pick(y, 3, 2), pick(y, 1, 1), tf.slice(y, [2, 0], [3, -1])];
    },
  ],
  ['thin product with a transpose', '[64,8] [5,8]', (x, w) => tf.split(tf.matMul(x, w, false, true), [4, 1], 1)],
  ['thin product of a transpose', '[8,64] [8,5]', (x, w) => tf.split(tf.matMul(x, w, true, false), [1, 4], 1)],
  ['rows of a product with few rows', '[4,8] [8,40]', (x, w) => tf.split(tf.matMul(x, w), [1, 3], 0)],
  ...(
    [
      ['[64,1]', (y, x) => [tf.mul(y, x), tf.sub(x, y), tf.where(tf.greaterEqual(y, 0), y, x), tf.concat([y, x], 1)]],
      ['[64,3]', (y, x) => [tf.mul(y, x), tf.where(tf.greaterEqual(y, 0), y, x), tf.concat([y, x], 1)]],
      ['[1,3]', (y, x) => [tf.mul(y, x), tf.mul(y, 2), tf.square(y), tf.div(y, tf.add(tf.square(x), 1))]],
      [
        '',
        (y) => [tf.concat([y, tf.zeros([64, 2])], 1), tf.concat([y, y], 0), tf.reshape(y, [3, 64]), tf.transpose(y)],
      ],
      [
        '',
        (y) => [tf.slice(y, [3, 1], [5, 2]), tf.pad(y, pairs(0, 0, 1, 1)), tf.gather(y, tf.tensor1d([1, 0], 'int32'))],
      ],
      ['', (y) => [tf.softmax(y), tf.matMul(y, y, true, false), tf.cumsum(y, 1)]],
      ['', (y) => [tf.sum(y, 0), tf.sum(y, 1), tf.max(y, 1, true), tf.mean(y)]],
    ] satisfies [string, Case[2]][]
  ).map(
    ([other, fn]: [string, Case[2]], i): Case => [
      `thin product, used ${i}`,
      `[64,8] [8,3] ${other}`,
      (x, w, ...rest) => fn(tf.matMul(x, w), ...rest),
    ],
  ),
  [
    'products with vectors',
    '[1,20] [20,1] [20,30] [1,30]',
    (row, column, matrix, wide) => [
      ...[tf.matMul(row, matrix), tf.matMul(matrix, column, true), tf.matMul(matrix, wide, false, true)],
      ...[tf.matMul(wide, matrix, false, true), tf.matMul(row, column), tf.matMul(column, row)],
      ...[tf.matMul(column, wide), tf.matMul(row, wide, true)],
    ],
  ],
];

const conv =
  (strides: [number, number], pad: 'valid' | 'same' | number, dilations?: [number, number]) =>
  (x: tf.Tensor, w?: tf.Tensor): tf.Tensor =>
    tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad, 'NHWC', dilations);
const CONVOLUTIONS: Case[] = [
  ['conv2d', '[2,6,5,3] [3,2,3,4]', conv([1, 1], 'valid')],
  ['conv2d, strides, same', '[2,7,6,2] [3,4,2,3]', conv([2, 3], 'same')],
  ['conv2d, stride > kernel', '[1,8,9,1] [2,2,1,1]', conv([3, 4], 'valid')],
  ['conv2d, zeros all round', '[2,5,5,2] [3,3,2,3]', conv([2, 2], 2)],
  ['conv2d 1 × 1', '[2,3,4,5] [1,1,5,3]', conv([1, 1], 'same')],
  ['conv2d of one constant filter', '[2,5,5,2]', (x) => conv([1, 1], 'valid')(x, tf.ones([2, 2, 2, 3]))],
  // tfjs has no gradients of it.
  ['conv2d, dilated', '[2,7,8,2] [3,2,2,3]', conv([1, 1], 'same', [2, 3]), 'value'],
  ['conv1d', '[2,9,3] [4,3,2]', (x, w) => tf.conv1d(x as tf.Tensor3D, w as tf.Tensor3D, 2, 'valid')],
  [
    'conv2dTranspose',
    '[2,3,3,4] [3,3,2,4]',
    (x, w) => tf.conv2dTranspose(x as tf.Tensor4D, w as tf.Tensor4D, [2, 6, 6, 2], 2, 'same'),
  ],
  [
    'two layers of convolutions',
    // Small, so that tangents behind sums of many do not saturate.
    '[2,8,7,3] -0.1..0.1[3,3,3,4] [4] -0.1..0.1[2,2,4,5] [5]',
    (x, w, b, v, c) => {
      const first = tf.relu(tf.add(conv([1, 1], 'valid')(x, w), b));
      return tf.reshape(tf.tanh(tf.add(conv([2, 2], 'valid')(first, v), c)), [2, -1]);
    },
  ],
  ...(['linear', 'relu', 'sigmoid'] as const).map(
    (activation): Case => [
      `fused conv2d, ${activation}`,
      '[2,5,5,2] [2,2,2,3] [3]',
      (x, filter, bias) =>
        tf.fused.conv2d({ ...({ x, filter } as Images), strides: 1, pad: 'valid', bias, activation }),
      // tfjs has no gradient of this in it.
      activation === 'sigmoid' ? 'value' : undefined,
    ],
  ),
];
type Images = { x: tf.Tensor4D; filter: tf.Tensor4D };

const CASES = [UNARY, BINARY, REDUCED, ALONG_AXES, PLACES, INDICES, PRODUCTS, CONVOLUTIONS, TALL].flat();

function draw(rng: Rng, inputs: string): tf.Tensor[] {
  return [...inputs.matchAll(/(int|bool)?([-\d.]*?)(?:\.\.([-\d.]+))?\[([\d,]*)\]/g)].map(
    ([, kind, low, high, sizes]) => {
      const shape = sizes === '' ? [] : sizes!.split(',').map(Number);
      const [from, to] = high === undefined ? (kind === 'bool' ? [0, 2] : [-3, 3]) : [Number(low), Number(high)];
      const numbers = Array.from({ length: tf.util.sizeFromShape(shape) }, () => from + rng.uniform() * (to - from));
      if (kind === undefined) return tf.tensor(numbers, shape);
      return tf.tensor(numbers.map(Math.floor), shape, kind === 'int' ? 'int32' : 'bool');
    },
  );
}

/** All outputs and, for a weighted sum of them, the gradients by every float input. */
function everything([, , fn, only]: Case, inputs: tf.Tensor[]): Record<string, tf.Tensor> {
  const outputs = [fn(...inputs)].flat();
  const results = Object.fromEntries(outputs.map((output, i) => [`output ${i}`, output]));
  if (only === 'value') return results;
  const loss = (...floats: tf.Tensor[]): tf.Scalar => {
    const all = inputs.map((input) => (input.dtype === 'float32' ? floats.shift()! : input));
    const terms = [fn(...all)].flat().map((output, i) => {
      const weights = Array.from({ length: output.size }, (_, k) => Math.cos(1 + k + 3 * i));
      return tf.sum(tf.mul(output, tf.tensor(weights, output.shape)));
    });
    return tf.addN(terms) as tf.Scalar;
  };
  const gradients = tf.grads(loss)(inputs.filter(({ dtype }) => dtype === 'float32'));
  return Object.assign(results, Object.fromEntries(gradients.map((gradient, i) => [`gradient ${i}`, gradient])));
}

/** The tfjs kernels that the cases call. */
const seen = new Set<string>();

function watched<T>(body: () => T): T {
  const { runKernel } = tf.engine();
  tf.engine().runKernel = ((name: string, ...rest: unknown[]) => {
    seen.add(name);
    return Reflect.apply(runKernel, tf.engine(), [name, ...rest]);
  }) as typeof runKernel;
  try {
    return body();
  } finally {
    Reflect.deleteProperty(tf.engine(), 'runKernel');
  }
}

afterAll(() => selectEngine());

describe.each(['native', 'wasm', 'exported'])('%s', (way) => {
  test.each(CASES.map((each) => [`${each[0]} of ${each[1]}`, each] as const))('%s: as eager', async (_, each) => {
    const inputs = draw(new Rng(each[0]), each[1]);
    const given = Object.fromEntries(inputs.map((input, i) => [`x${i}`, input]));
    const fn = (named: Record<string, tf.Tensor>) => everything(each, Object.values(named));
    const eager = watched(() => tf.tidy(() => everything(each, inputs)));
    let got: Record<string, tf.Tensor>;
    if (way === 'exported') got = await (await exported(fn, given))(given);
    else {
      expect((await selectEngine(way)).name).toBe(way);
      const compiled = compile(fn, { name: 'kernel', state: [] });
      got = compiled(given);
      compiled.dispose();
    }
    expect(Object.keys(got)).toEqual(Object.keys(eager));
    for (const [key, expected] of Object.entries(eager)) {
      expect([got[key]!.shape, got[key]!.dtype], key).toEqual([expected.shape, expected.dtype]);
      const [values, wanted] = [Array.from(got[key]!.dataSync()), Array.from(expected.dataSync())];
      const scale = wanted.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 1e-30);
      wanted.forEach((b, i) => {
        const a = values[i]!;
        const error = Object.is(a, b) || a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(b), 0.1 * scale);
        expect(error, `${key}[${i}]: ${a}, eager ${b}`).toBeLessThan(1e-5);
      });
    }
  });
});

test('every kernel has a case', () => {
  expect([...TRACEABLE].filter((name) => !seen.has(name))).toEqual([]);
});
