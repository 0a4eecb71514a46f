import * as tf from '@tensorflow/tfjs-core';

/** How the numbers of an input are drawn. */
export type Range = readonly [low: number, high: number] | 'bool' | readonly ['int', number, number];

export interface KernelCase {
  readonly name: string;
  readonly inputs: readonly (readonly [shape: readonly number[], range?: Range])[];
  readonly fn: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
  /** No gradient exists, or tfjs's own is wrong (said beside the case). */
  readonly valueOnly?: true;
}

const WIDE: Range = [-3, 3];
const POSITIVE: Range = [0.2, 3];
const UNIT: Range = [-0.9, 0.9];
const SHAPES = [[], [5], [3, 4], [2, 3, 4]] as const;

const unaryCases = (
  entries: Readonly<Record<string, readonly [fn: (x: tf.Tensor) => tf.Tensor, range?: Range, valueOnly?: boolean]>>,
): KernelCase[] =>
  Object.entries(entries).flatMap(([name, [fn, range = WIDE, valueOnly = false]]) =>
    SHAPES.map((shape) => ({
      name: `${name} [${shape}]`,
      inputs: [[shape, range]],
      fn,
      ...(valueOnly ? { valueOnly: true as const } : {}),
    })),
  );

const PAIRS = [
  [[], []],
  [[4], [4]],
  [[3, 4], [4]],
  [
    [3, 1],
    [1, 4],
  ],
  [[2, 3, 4], []],
  [[1], [2, 3]],
  [
    [2, 1, 4],
    [3, 1],
  ],
] as const;

const binaryCases = (
  entries: Readonly<
    Record<string, readonly [fn: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, a?: Range, b?: Range, valueOnly?: boolean]>
  >,
): KernelCase[] =>
  Object.entries(entries).flatMap(([name, [fn, a = WIDE, b = a, valueOnly = false]]) =>
    PAIRS.map(([left, right]) => ({
      name: `${name} [${left}] [${right}]`,
      inputs: [
        [left, a],
        [right, b],
      ],
      fn,
      ...(valueOnly ? { valueOnly: true as const } : {}),
    })),
  );

const INTS: Range = ['int', -5, 6];
const POSITIVE_INTS: Range = ['int', 1, 5];

const UNARY = unaryCases({
  abs: [tf.abs],
  neg: [tf.neg],
  'neg twice': [(x) => tf.neg(tf.neg(x))],
  sign: [tf.sign],
  square: [tf.square],
  sqrt: [tf.sqrt, POSITIVE],
  rsqrt: [tf.rsqrt, POSITIVE],
  reciprocal: [tf.reciprocal, POSITIVE],
  exp: [tf.exp],
  expm1: [tf.expm1],
  'expm1 near 0': [tf.expm1, [-1e-3, 1e-3]],
  'expm1 far': [tf.expm1, [-30, 30]],
  log: [tf.log, POSITIVE],
  log1p: [tf.log1p, [-0.9, 3]],
  'log1p near 0': [tf.log1p, [-1e-4, 1e-4]],
  sin: [tf.sin],
  cos: [tf.cos],
  tan: [tf.tan, [-1, 1]],
  asin: [tf.asin, UNIT],
  acos: [tf.acos, UNIT],
  atan: [tf.atan],
  sinh: [tf.sinh],
  cosh: [tf.cosh],
  tanh: [tf.tanh],
  asinh: [tf.asinh],
  acosh: [tf.acosh, [1.2, 4]],
  atanh: [tf.atanh, UNIT],
  erf: [tf.erf],
  sigmoid: [tf.sigmoid],
  'log sigmoid by softplus': [(x) => tf.neg(tf.softplus(tf.neg(x)))],
  softplus: [tf.softplus],
  'softplus farther': [tf.softplus, [-15, 15]],
  'softplus far': [tf.softplus, [-40, 40], true],
  relu: [tf.relu],
  relu6: [tf.relu6, [-2, 8]],
  elu: [tf.elu],
  selu: [tf.selu],
  'leaky relu': [(x) => tf.leakyRelu(x, 0.1)],
  swish: [(x) => tf.mul(x, tf.sigmoid(x))],
  'gelu by erf': [(x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1))],
  ceil: [tf.ceil],
  floor: [tf.floor],
  round: [tf.round],
  step: [(x) => tf.step(x, 0.25)],
  'clip by value': [(x) => tf.clipByValue(x, -1, 1.5)],
  'is nan': [(x) => tf.cast(tf.isNaN(tf.log(x)), 'float32'), WIDE, true],
  'is finite': [(x) => tf.cast(tf.isFinite(tf.log(tf.relu(x))), 'float32'), WIDE, true],
  'is inf': [(x) => tf.cast(tf.isInf(tf.log(tf.relu(x))), 'float32'), WIDE, true],
  'cast to int and back': [(x) => tf.cast(tf.cast(x, 'int32'), 'float32'), WIDE, true],
  'cast to bool and back': [(x) => tf.cast(tf.cast(tf.relu(x), 'bool'), 'float32'), WIDE, true],
  'plus zero, times one': [(x) => tf.div(tf.mul(tf.sub(tf.add(x, 0), 0), 1), 1)],
  'constants in a row': [(x) => tf.mul(tf.mul(tf.div(tf.mul(x, 3), 7), -1), 0.5)],
  'constant minus': [(x) => tf.sub(0, tf.sub(1, x))],
  'powers 0, 1, 2, 3, ½, −1': [(x) => tf.addN([0, 1, 2, 3, 0.5, -1].map((power) => tf.pow(x, power))), POSITIVE],
  'ones and zeros like': [(x) => tf.add(tf.mul(x, tf.onesLike(x)), tf.zerosLike(x))],
  'sum of itself': [(x) => tf.addN([x, x, tf.mul(x, x)])],
  'not of a comparison': [(x) => tf.cast(tf.logicalNot(tf.greater(x, 0)), 'float32'), WIDE, true],
});

const BINARY = binaryCases({
  add: [tf.add],
  sub: [tf.sub],
  mul: [tf.mul],
  div: [tf.div, WIDE, POSITIVE],
  'div no nan': [tf.divNoNan, WIDE, POSITIVE, true],
  pow: [tf.pow, POSITIVE, UNIT],
  // tfjs's gradients of these three do not sum over what they broadcast.
  maximum: [tf.maximum, WIDE, WIDE, true],
  minimum: [tf.minimum, WIDE, WIDE, true],
  'squared difference': [tf.squaredDifference, WIDE, WIDE, true],
  mod: [tf.mod, WIDE, POSITIVE],
  'mod by negatives': [tf.mod, WIDE, [-2, -0.3]],
  'mod of integers': [tf.mod, INTS, POSITIVE_INTS, true],
  'floor division': [tf.floorDiv, WIDE, POSITIVE, true],
  'floor division of integers': [tf.floorDiv, INTS, POSITIVE_INTS, true],
  'integers: add, mul, max': [(a, b) => tf.add(tf.mul(a, b), tf.maximum(a, b)), INTS, INTS, true],
  atan2: [tf.atan2],
  'add of negatives': [(a, b) => tf.add(tf.neg(a), tf.neg(b))],
  'sub of a negative': [(a, b) => tf.sub(a, tf.neg(b))],
  'product of negatives': [(a, b) => tf.mul(tf.neg(a), tf.neg(b))],
  greater: [(a, b) => tf.cast(tf.greater(a, b), 'float32'), INTS, INTS, true],
  'greater or equal': [(a, b) => tf.cast(tf.greaterEqual(a, b), 'float32'), INTS, INTS, true],
  less: [(a, b) => tf.cast(tf.less(a, b), 'float32'), WIDE, WIDE, true],
  'less or equal': [(a, b) => tf.cast(tf.lessEqual(a, b), 'float32'), INTS, INTS, true],
  equal: [(a, b) => tf.cast(tf.equal(a, b), 'float32'), INTS, INTS, true],
  'not equal': [(a, b) => tf.cast(tf.notEqual(a, b), 'float32'), INTS, INTS, true],
  and: [(a, b) => tf.cast(tf.logicalAnd(a, b), 'float32'), 'bool', 'bool', true],
  or: [(a, b) => tf.cast(tf.logicalOr(a, b), 'float32'), 'bool', 'bool', true],
  xor: [(a, b) => tf.cast(tf.logicalXor(a, b), 'float32'), 'bool', 'bool', true],
  'prelu by where': [(a, b) => tf.where(tf.greaterEqual(tf.add(a, tf.zerosLike(b)), 0), a, tf.mul(a, b))],
});

const REDUCTIONS: KernelCase[] = (
  [
    [[5], undefined],
    [[3, 4], undefined],
    [[3, 4], 0],
    [[3, 4], 1],
    [
      [2, 3, 4],
      [0, 2],
    ],
    [[2, 3, 4], -1],
    [[2, 1, 4], 1],
  ] as const
).flatMap(([shape, axis]) =>
  [false, true].flatMap((keep) => {
    const axes = axis === undefined ? undefined : [axis].flat();
    const reductions: Record<string, (x: tf.Tensor) => tf.Tensor> = {
      sum: (x) => tf.sum(x, axes, keep),
      mean: (x) => tf.mean(x, axes, keep),
      max: (x) => tf.max(x, axes, keep),
      min: (x) => tf.min(x, axes, keep),
      prod: (x) => tf.prod(x, axes, keep),
      'log-sum-exp': (x) => tf.logSumExp(x, axes, keep),
      norm: (x) => tf.norm(x, 'euclidean', axes as number[] | undefined, keep),
      'moments: variance': (x) => tf.moments(x, axes, keep).variance,
      'sum of an expansion': (x) => tf.sum(tf.mul(tf.sum(x, -1, true), tf.onesLike(x)), axes, keep),
    };
    // tfjs's gradient of prod needs methods that only its larger package adds to tensors.
    const noGradient = (name: string): boolean => name === 'prod';
    return Object.entries(reductions).map(([name, fn]) => ({
      name: `${name} [${shape}] over ${axes ?? 'all'}${keep ? ', kept' : ''}`,
      inputs: [[shape, POSITIVE] as const],
      fn,
      ...(noGradient(name) ? { valueOnly: true as const } : {}),
    }));
  }),
);

const ALONG_AXES: KernelCase[] = [
  ...[0, 1, 2].flatMap((axis): KernelCase[] => [
    { name: `argMax over ${axis}`, inputs: [[[2, 3, 4]]], fn: (x) => tf.argMax(x, axis), valueOnly: true },
    { name: `argMin over ${axis}`, inputs: [[[2, 3, 4]]], fn: (x) => tf.argMin(x, axis), valueOnly: true },
    {
      name: `argMax and argMin of integers over ${axis}`,
      inputs: [[[2, 3, 4], WIDE]],
      fn: (x) => [tf.argMax(tf.cast(x, 'int32'), axis), tf.argMin(tf.cast(x, 'int32'), axis)],
      valueOnly: true,
    },
    { name: `all over ${axis}`, inputs: [[[2, 3, 4], 'bool']], fn: (x) => tf.all(x, axis), valueOnly: true },
    { name: `any over ${axis}`, inputs: [[[2, 3, 4], 'bool']], fn: (x) => tf.any(x, axis, true), valueOnly: true },
    { name: `unstack ${axis}`, inputs: [[[2, 3, 4]]], fn: (x) => tf.unstack(x, axis) },
    { name: `stack ${axis}`, inputs: [[[2, 3]], [[2, 3]]], fn: (a, b) => tf.stack([a, b], axis) },
    { name: `concat ${axis}`, inputs: [[[2, 3, 4]], [[2, 3, 4]]], fn: (a, b) => tf.concat([a, b, a], axis) },
    { name: `split ${axis}`, inputs: [[[4, 4, 4]]], fn: (x) => tf.split(x, [1, 3], axis) },
    { name: `one part of a split ${axis}`, inputs: [[[4, 4, 4]]], fn: (x) => tf.split(x, 4, axis)[2]! },
    { name: `split and joined ${axis}`, inputs: [[[4, 4, 4]]], fn: (x) => tf.concat(tf.split(x, 2, axis), axis) },
    {
      name: `split, swapped, joined ${axis}`,
      inputs: [[[4, 4, 4]]],
      fn: (x) => tf.concat(tf.split(x, 2, axis).reverse(), axis),
    },
    {
      name: `joined and split ${axis}`,
      inputs: [[[2, 3, 4]], [[2, 3, 4]]],
      fn: (a, b) => tf.split(tf.concat([a, b], axis), 2, axis)[1]!,
    },
    { name: `reverse ${axis}`, inputs: [[[2, 3, 4]]], fn: (x) => tf.reverse(x, axis) },
    { name: `gather ${axis}`, inputs: [[[3, 3, 3]], [[4], ['int', 0, 3]]], fn: (x, i) => tf.gather(x, i, axis) },
    ...[false, true].flatMap((exclusive) =>
      [false, true].flatMap((reverse): KernelCase[] => [
        {
          name: `cumsum ${axis}${exclusive ? ' exclusive' : ''}${reverse ? ' reverse' : ''}`,
          inputs: [[[2, 3, 4]]],
          fn: (x) => tf.cumsum(x, axis, exclusive, reverse),
          // tfjs transposes the gradient where the axis is not the last.
          ...(axis === 2 ? {} : { valueOnly: true as const }),
        },
        {
          name: `cumprod ${axis}${exclusive ? ' exclusive' : ''}${reverse ? ' reverse' : ''}`,
          inputs: [[[2, 3, 5]]],
          fn: (x) => tf.cumprod(x, axis, exclusive, reverse),
          valueOnly: true,
        },
      ]),
    ),
  ]),
  { name: 'softmax', inputs: [[[3, 4]]], fn: (x) => tf.softmax(x) },
  { name: 'softmax 3-D', inputs: [[[2, 3, 4]]], fn: (x) => tf.softmax(x) },
  { name: 'log softmax', inputs: [[[3, 4]]], fn: (x) => tf.logSoftmax(x) },
  { name: 'top 2', inputs: [[[3, 4]]], fn: (x) => tf.topk(x, 2).values, valueOnly: true },
  { name: 'indices of top 2', inputs: [[[3, 4]]], fn: (x) => tf.topk(x, 2).indices, valueOnly: true },
  {
    name: 'sorted search',
    inputs: [[[2, 3]]],
    valueOnly: true,
    fn: (x) =>
      tf.searchSorted(
        tf.tensor2d([
          [-2, -1, 0, 1],
          [-1, 0, 0, 2],
        ]),
        x,
      ),
  },
  {
    name: 'sorted search from the right',
    inputs: [
      [
        [2, 3],
        ['int', -2, 3],
      ],
    ],
    valueOnly: true,
    fn: (x) =>
      tf.searchSorted(
        tf.tensor2d(
          [
            [-2, -1, 0, 1],
            [-1, 0, 0, 2],
          ],
          undefined,
          'int32',
        ),
        x,
        'right',
      ),
  },
];

const SHAPE_CASES: KernelCase[] = [
  { name: 'reshape', inputs: [[[2, 6]]], fn: (x) => tf.reshape(x, [3, -1]) },
  { name: 'reshape of a reshape', inputs: [[[2, 6]]], fn: (x) => tf.reshape(tf.reshape(x, [12]), [4, 3]) },
  { name: 'squeeze and expand', inputs: [[[2, 1, 3]]], fn: (x) => tf.expandDims(tf.squeeze(x, [1]), -1) },
  { name: 'transpose 2-D', inputs: [[[2, 3]]], fn: (x) => tf.transpose(x) },
  { name: 'transpose 3-D', inputs: [[[2, 3, 4]]], fn: (x) => tf.transpose(x, [2, 0, 1]) },
  {
    name: 'transpose of a transpose',
    inputs: [[[2, 3, 4]]],
    fn: (x) => tf.transpose(tf.transpose(x, [2, 0, 1]), [1, 0, 2]),
  },
  { name: 'transpose of a column', inputs: [[[3, 1]]], fn: (x) => tf.transpose(x) },
  { name: 'slice', inputs: [[[4, 5]]], fn: (x) => tf.slice(x, [1, 2], [2, -1]) },
  { name: 'slice of two axes', inputs: [[[4, 5, 3]]], fn: (x) => tf.slice(x, [1, 0, 2], [2, 5, 1]) },
  {
    name: 'neighbouring slices',
    inputs: [[[3, 4]]],
    fn: (x) => tf.add(tf.square(tf.slice(x, [0, 0], [-1, 2])), tf.exp(tf.slice(x, [0, 2], [-1, 2]))),
  },
  {
    name: 'overlapping slices',
    inputs: [[[3, 4]]],
    fn: (x) => tf.add(tf.square(tf.slice(x, [0, 0], [-1, 3])), tf.exp(tf.slice(x, [0, 1], [-1, 3]))),
  },
  {
    name: 'slices with a gap',
    inputs: [[[3, 5]]],
    fn: (x) => tf.add(tf.square(tf.slice(x, [0, 0], [-1, 2])), tf.exp(tf.slice(x, [0, 3], [-1, 2]))),
  },
  {
    name: 'three slices',
    inputs: [[[3, 3]]],
    fn: (x) => tf.addN([0, 1, 2].map((i) => tf.pow(tf.abs(tf.slice(x, [0, i], [-1, 1])), i + 1))),
  },
  {
    name: 'slice of a concat',
    inputs: [[[3, 2]], [[3, 3]]],
    fn: (a, b) =>
      tf.mul(tf.slice(tf.concat([a, b], 1), [0, 2], [-1, 2]), tf.slice(tf.concat([a, b], 1), [0, 1], [-1, 2])),
  },
  { name: 'strided slice', inputs: [[[6, 5]]], fn: (x) => tf.stridedSlice(x, [1, 0], [6, 5], [2, 3]), valueOnly: true },
  {
    name: 'strided slice backwards',
    inputs: [[[6, 5]]],
    fn: (x) => tf.stridedSlice(x, [5, 4], [0, 0], [-2, -1], 0, 2),
    valueOnly: true,
  },
  {
    name: 'pad',
    inputs: [[[2, 3]]],
    fn: (x) =>
      tf.pad(
        x,
        [
          [1, 0],
          [2, 1],
        ],
        0.5,
      ),
  },
  {
    name: 'mirror pad, reflect',
    inputs: [[[3, 4]]],
    fn: (x) =>
      tf.mirrorPad(
        x,
        [
          [1, 2],
          [0, 3],
        ],
        'reflect',
      ),
    valueOnly: true,
  },
  {
    name: 'mirror pad, symmetric',
    inputs: [[[3, 4]]],
    fn: (x) =>
      tf.mirrorPad(
        x,
        [
          [1, 2],
          [0, 3],
        ],
        'symmetric',
      ),
    valueOnly: true,
  },
  { name: 'tile', inputs: [[[2, 3]]], fn: (x) => tf.tile(x, [2, 3]) },
  { name: 'tile of a row', inputs: [[[1, 3]]], fn: (x) => tf.tile(x, [4, 1]) },
  { name: 'broadcast', inputs: [[[3, 1]]], fn: (x) => tf.broadcastTo(x, [2, 3, 4]) },
  { name: 'reverse of all axes', inputs: [[[2, 3]]], fn: (x) => tf.reverse(x) },
  { name: 'diagonal', inputs: [[[3]]], fn: (x) => tf.diag(x), valueOnly: true },
  {
    name: 'range and linspace',
    inputs: [[[4]]],
    fn: (x) => tf.add(tf.mul(x, tf.range(0, 4, 1)), tf.linspace(0, 1, 4)),
  },
  { name: 'eye', inputs: [[[3, 3]]], fn: (x) => tf.mul(x, tf.eye(3)) },
  { name: 'band part', inputs: [[[4, 4]]], fn: (x) => tf.linalg.bandPart(x, 1, 0), valueOnly: true },
];

const INDEX_CASES: KernelCase[] = [
  { name: 'one-hot', inputs: [[[5], ['int', -1, 5]]], fn: (i) => tf.oneHot(i, 4), valueOnly: true },
  {
    name: 'one-hot 2-D with values',
    inputs: [
      [
        [2, 3],
        ['int', 0, 4],
      ],
    ],
    fn: (i) => tf.oneHot(i, 4, 2, -1),
    valueOnly: true,
  },
  {
    name: 'gather rows of a table',
    inputs: [
      [[4, 3]],
      [
        [2, 2],
        ['int', 0, 4],
      ],
    ],
    fn: (x, i) => tf.gather(x, i),
  },
  ...(
    [
      [[3, 5], [3, 2], 1],
      [[3, 2, 5], [3, 2], 2],
      [[3, 5, 2], [3, 4], 1],
    ] as const
  ).map(
    ([shape, places, axis]): KernelCase => ({
      name: `batched gather [${shape}] along ${axis}`,
      inputs: [[shape], [places, ['int', 0, 5]]],
      fn: (x, i) => tf.gather(x, i, axis, 1),
      valueOnly: true,
    }),
  ),
  {
    name: 'gather nd',
    inputs: [
      [[3, 4]],
      [
        [5, 2],
        ['int', 0, 3],
      ],
    ],
    fn: (x, i) => tf.gatherND(x, i),
    valueOnly: true,
  },
  {
    name: 'scatter nd',
    inputs: [
      [
        [4, 1],
        ['int', 0, 3],
      ],
      [[4, 2]],
    ],
    fn: (i, x) => tf.scatterND(i, x, [3, 2]),
    valueOnly: true,
  },
  {
    name: 'tensor scatter update',
    inputs: [[[4, 2]], [[1, 2]]],
    fn: (x, y) => tf.tensorScatterUpdate(x, tf.tensor2d([[2]], undefined, 'int32'), y),
    valueOnly: true,
  },
  {
    name: 'segment sum with negative ids',
    inputs: [[[5, 2]]],
    fn: (x) => tf.unsortedSegmentSum(x, tf.tensor1d([0, -1, 2, 0, -1], 'int32'), 3),
  },
  {
    name: 'scatter of integers, which add up',
    inputs: [[[4, 2], WIDE]],
    fn: (x) => tf.scatterND(tf.tensor2d([[0], [2], [0], [1]], undefined, 'int32'), tf.cast(x, 'int32'), [3, 2]),
    valueOnly: true,
  },
  {
    name: 'segment sum',
    inputs: [[[5, 2]], [[5], ['int', -1, 3]]],
    fn: (x, i) => tf.unsortedSegmentSum(x, i as tf.Tensor1D, 3),
  },
  { name: 'where', inputs: [[[3, 4], 'bool'], [[3, 4]], [[3, 4]]], fn: (c, a, b) => tf.where(c, a, b) },
  { name: 'where broadcast', inputs: [[[3, 1], 'bool'], [[3, 4]], [[4]]], fn: (c, a, b) => tf.where(c, a, b) },
  { name: 'where of a scalar', inputs: [[[3, 4], 'bool'], [[3, 4]]], fn: (c, a) => tf.where(c, a, 0) },
  {
    name: 'where of zeros',
    inputs: [[[3, 4], 'bool'], [[3, 4]]],
    fn: (c, a) => tf.where(c, tf.zerosLike(a), tf.exp(a)),
  },
  {
    name: 'masked by a comparison',
    inputs: [[[3, 4]]],
    fn: (x) => tf.mul(x, tf.cast(tf.greaterEqual(x, 0), 'float32')),
  },
];

const PRODUCTS: KernelCase[] = [
  ...[false, true].flatMap((ta) =>
    [false, true].flatMap((tb): KernelCase[] => [
      {
        name: `matMul${ta ? ' Aᵀ' : ''}${tb ? ' Bᵀ' : ''}`,
        inputs: [[ta ? [3, 2] : [2, 3]], [tb ? [4, 3] : [3, 4]]],
        fn: (a, b) => tf.matMul(a, b, ta, tb),
      },
      {
        name: `matMul 3-D${ta ? ' Aᵀ' : ''}${tb ? ' Bᵀ' : ''}`,
        inputs: [[ta ? [2, 3, 2] : [2, 2, 3]], [tb ? [2, 4, 3] : [2, 3, 4]]],
        fn: (a, b) => tf.matMul(a, b, ta, tb),
      },
      {
        name: `matMul of transposes${ta ? ' Aᵀ' : ''}${tb ? ' Bᵀ' : ''}`,
        inputs: [[ta ? [2, 3] : [3, 2]], [tb ? [3, 4] : [4, 3]]],
        fn: (a, b) => tf.matMul(tf.transpose(a), tf.transpose(b), ta, tb),
      },
    ]),
  ),
  {
    name: 'matMul broadcast over the batch',
    inputs: [[[1, 2, 3]], [[4, 3, 2]]],
    fn: (a, b) => tf.matMul(a, b),
    valueOnly: true,
  },
  { name: 'dense layer', inputs: [[[5, 3]], [[3, 4]], [[4]]], fn: (x, w, b) => tf.tanh(tf.add(tf.matMul(x, w), b)) },
  {
    name: 'product plus product',
    inputs: [[[5, 3]], [[3, 4]]],
    fn: (x, w) => tf.add(tf.matMul(x, w), tf.matMul(tf.tanh(x), w)),
  },
  {
    name: 'product used twice',
    inputs: [[[5, 3]], [[3, 4]], [[4]]],
    fn: (x, w, b) => {
      const y = tf.matMul(x, w);
      return tf.mul(tf.add(y, b), y);
    },
  },
  {
    name: 'product plus a column',
    inputs: [[[5, 3]], [[3, 4]], [[5, 1]]],
    fn: (x, w, b) => tf.add(tf.matMul(x, w), b),
  },
  {
    name: 'product plus a larger tensor',
    inputs: [[[1, 3]], [[3, 4]], [[5, 4]]],
    fn: (x, w, b) => tf.add(tf.matMul(x, w), b),
  },
  ...(['linear', 'relu', 'sigmoid', 'elu', 'relu6', 'leakyrelu'] as const).map(
    (activation): KernelCase => ({
      name: `fused matMul, ${activation}`,
      inputs: [[[5, 3]], [[3, 4]], [[4]]],
      fn: (a, b, bias) => tf.fused.matMul({ a, b, bias, activation, leakyreluAlpha: 0.1 }),
      ...(activation === 'sigmoid' || activation === 'leakyrelu' ? { valueOnly: true as const } : {}),
    }),
  ),
  { name: 'outer product', inputs: [[[3]], [[4]]], fn: (a, b) => tf.outerProduct(a as tf.Tensor1D, b as tf.Tensor1D) },
  { name: 'dot', inputs: [[[3]], [[3]]], fn: (a, b) => tf.dot(a, b) },
  {
    name: 'einsum: product',
    inputs: [[[2, 3]], [[3, 4]]],
    fn: (a, b) => tf.einsum('ij,jk->ik', a, b),
    valueOnly: true,
  },
  {
    name: 'einsum: batched',
    inputs: [[[2, 3, 4]], [[2, 4, 5]]],
    fn: (a, b) => tf.einsum('bij,bjk->bik', a, b),
    valueOnly: true,
  },
  {
    name: 'einsum: product of integers',
    inputs: [
      [[3, 4], WIDE],
      [[4, 2], WIDE],
    ],
    fn: (a, b) => tf.einsum('ij,jk->ik', tf.cast(a, 'int32'), tf.cast(b, 'int32')),
    valueOnly: true,
  },
  { name: 'einsum: transpose', inputs: [[[2, 3]]], fn: (a) => tf.einsum('ij->ji', a), valueOnly: true },
  { name: 'einsum: trace', inputs: [[[3, 3]]], fn: (a) => tf.einsum('ij->i', a), valueOnly: true },
  {
    name: 'batch norm',
    inputs: [[[5, 3]], [[3]], [[3], POSITIVE], [[3]], [[3]]],
    fn: (x, mean, variance, offset, scale) =>
      tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, offset as tf.Tensor1D, scale as tf.Tensor1D),
  },
  {
    name: 'maximum, minimum and squared difference of equal shapes',
    inputs: [[[3, 4]], [[3, 4]]],
    fn: (a, b) => tf.add(tf.mul(tf.maximum(a, b), tf.minimum(tf.exp(a), b)), tf.squaredDifference(a, b)),
  },
  { name: 'prelu', inputs: [[[5, 3]], [[3]]], fn: (x, alpha) => tf.prelu(x, alpha) },
  {
    name: 'layer norm',
    inputs: [[[5, 6]], [[6]], [[6]]],
    fn: (x, scale, shift) => {
      const { mean, variance } = tf.moments(x, 1, true);
      return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), scale), shift);
    },
  },
  {
    name: 'gru step',
    inputs: [[[3, 2]], [[3, 4]], [[2, 12]], [[4, 12]], [[12]]],
    fn: (x, h, w, u, b) => {
      const [xz, xr, xn] = tf.split(tf.add(tf.matMul(x, w), b), 3, 1);
      const [hz, hr, hn] = tf.split(tf.matMul(h, u), 3, 1);
      const z = tf.sigmoid(tf.add(xz!, hz!));
      const r = tf.sigmoid(tf.add(xr!, hr!));
      const n = tf.tanh(tf.add(xn!, tf.mul(r, hn!)));
      return tf.add(tf.mul(tf.sub(1, z), n), tf.mul(z, h));
    },
  },
];

/** Many rows and few columns, for which faster nodes are used. */
const TALL_CASES: KernelCase[] = [
  ...(
    [
      [
        [200, 3],
        [200, 1],
      ],
      [[200, 3], [3]],
      [[200, 1], [3]],
      [[200, 1], []],
      [
        [200, 1],
        [1, 1],
      ],
      [
        [200, 1],
        [200, 3],
      ],
      [
        [2, 200, 1],
        [200, 1],
      ],
    ] as const
  ).flatMap(([a, b]): KernelCase[] => [
    { name: `tall sum and product [${a}] [${b}]`, inputs: [[a], [b]], fn: (x, y) => tf.add(tf.mul(x, y), y) },
    {
      name: `tall comparison [${a}] [${b}]`,
      inputs: [
        [a, INTS],
        [b, INTS],
      ],
      fn: (x, y) => tf.greater(x, y),
      valueOnly: true,
    },
    {
      name: `tall difference with a constant [${a}]`,
      inputs: [[a]],
      fn: (x) => tf.sub(x, tf.tensor([1, 2, 3].slice(0, a.at(-1)))),
    },
  ]),
  { name: 'tall one-hot', inputs: [[[200], ['int', 0, 5]]], fn: (i) => tf.oneHot(i, 5), valueOnly: true },
  { name: 'tall column broadcast', inputs: [[[200, 1]]], fn: (x) => tf.broadcastTo(x, [200, 5]) },
  { name: 'tall where', inputs: [[[200, 1], 'bool'], [[200, 3]], [[3]]], fn: (c, a, b) => tf.where(c, a, b) },
  {
    name: 'tall pad',
    inputs: [[[200, 3]]],
    fn: (x) =>
      tf.pad(
        x,
        [
          [0, 0],
          [1, 2],
        ],
        -1,
      ),
  },
  { name: 'tall softmax', inputs: [[[200, 3]]], fn: (x) => tf.softmax(x) },
  { name: 'thin layer', inputs: [[[200, 8]], [[8, 3]], [[3]]], fn: (x, w, b) => tf.tanh(tf.add(tf.matMul(x, w), b)) },
  {
    name: 'thin layer, split',
    inputs: [[[64, 8]], [[8, 5]], [[5]]],
    fn: (x, w, b) =>
      tf.split(tf.add(tf.matMul(x, w), b), [2, 1, 2], 1).map((y, i) => (i === 1 ? tf.exp(y) : tf.square(y))),
  },
  {
    name: 'parts of a thin product',
    inputs: [[[64, 8]], [[8, 5]]],
    fn: (x, w) => {
      const y = tf.matMul(x, w);
      return [tf.slice(y, [0, 3], [-1, 2]), tf.slice(y, [0, 1], [-1, 1]), tf.slice(y, [2, 0], [3, -1])];
    },
  },
  {
    name: 'parts of a thin product with a transpose',
    inputs: [[[64, 8]], [[5, 8]]],
    fn: (x, w) => tf.split(tf.matMul(x, w, false, true), [4, 1], 1),
  },
  {
    name: 'parts of a thin product of a transpose',
    inputs: [[[8, 64]], [[8, 5]]],
    fn: (x, w) => tf.split(tf.matMul(x, w, true, false), [1, 4], 1),
  },
  {
    name: 'rows of a product with few rows',
    inputs: [[[4, 8]], [[8, 40]]],
    fn: (x, w) => tf.split(tf.matMul(x, w), [1, 3], 0),
  },
  {
    name: 'thin product in every operation',
    inputs: [[[64, 8]], [[8, 3]], [[64, 1]], [[64, 3]], [[1, 3]]],
    fn: (x, w, column, full, row) => {
      const y = tf.matMul(x, w);
      return [
        tf.mul(y, column),
        tf.sub(column, y),
        tf.mul(y, row),
        tf.mul(y, full),
        tf.div(y, tf.add(tf.square(full), 1)),
        tf.concat([y, column], 1),
        tf.concat([y, full], 1),
        tf.concat([y, tf.zeros([64, 2])], 1),
        tf.concat([y, y], 0),
        tf.sum(y, 0),
        tf.sum(y, 1),
        tf.max(y, 1, true),
        tf.mean(y),
        tf.reshape(y, [3, 64]),
        tf.transpose(y),
        tf.square(y),
        tf.where(tf.greaterEqual(y, 0), y, full),
        tf.where(tf.greaterEqual(y, 0), y, column),
        tf.softmax(y),
        tf.cumsum(y, 1),
        tf.slice(y, [3, 1], [5, 2]),
        tf.pad(y, [
          [0, 0],
          [1, 1],
        ]),
        tf.matMul(y, y, true, false),
        tf.mul(y, 2),
        tf.gather(y, tf.tensor1d([1, 0], 'int32')),
      ];
    },
  },
  {
    name: 'products with vectors',
    inputs: [[[1, 20]], [[20, 1]], [[20, 30]], [[1, 30]]],
    fn: (row, column, matrix, wide) => [
      tf.matMul(row, matrix),
      tf.matMul(matrix, column, true),
      tf.matMul(matrix, wide, false, true),
      tf.matMul(wide, matrix, false, true),
      tf.matMul(row, column),
      tf.matMul(column, row),
      tf.matMul(column, wide),
      tf.matMul(row, wide, true),
    ],
  },
];

/** So that tangents behind sums of many do not saturate. */
const SMALL: Range = [-0.1, 0.1];

const convolved = (strides: [number, number], pad: 'valid' | 'same' | number) => (x: tf.Tensor, w: tf.Tensor) =>
  tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad);

const CONVOLUTIONS: KernelCase[] = [
  { name: 'conv2d', inputs: [[[2, 6, 5, 3]], [[3, 2, 3, 4]]], fn: convolved([1, 1], 'valid') },
  { name: 'conv2d, strides, same', inputs: [[[2, 7, 6, 2]], [[3, 4, 2, 3]]], fn: convolved([2, 3], 'same') },
  { name: 'conv2d, stride > kernel', inputs: [[[1, 8, 9, 1]], [[2, 2, 1, 1]]], fn: convolved([3, 4], 'valid') },
  { name: 'conv2d, zeros all round', inputs: [[[2, 5, 5, 2]], [[3, 3, 2, 3]]], fn: convolved([2, 2], 2) },
  { name: 'conv2d 1 × 1', inputs: [[[2, 3, 4, 5]], [[1, 1, 5, 3]]], fn: convolved([1, 1], 'same') },
  {
    name: 'conv2d of one constant filter',
    inputs: [[[2, 5, 5, 2]]],
    fn: (x) => convolved([1, 1], 'valid')(x, tf.ones([2, 2, 2, 3])),
  },
  {
    name: 'conv2d, dilated',
    inputs: [[[2, 7, 8, 2]], [[3, 2, 2, 3]]],
    fn: (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same', 'NHWC', [2, 3]),
    // tfjs has no gradients of it.
    valueOnly: true,
  },
  {
    name: 'conv1d',
    inputs: [[[2, 9, 3]], [[4, 3, 2]]],
    fn: (x, w) => tf.conv1d(x as tf.Tensor3D, w as tf.Tensor3D, 2, 'valid'),
  },
  {
    name: 'conv2dTranspose',
    inputs: [[[2, 3, 3, 4]], [[3, 3, 2, 4]]],
    fn: (x, w) => tf.conv2dTranspose(x as tf.Tensor4D, w as tf.Tensor4D, [2, 6, 6, 2], 2, 'same'),
  },
  {
    name: 'two layers of convolutions',
    inputs: [[[2, 8, 7, 3]], [[3, 3, 3, 4], SMALL], [[4]], [[2, 2, 4, 5], SMALL], [[5]]],
    fn: (x, w, b, v, c) => {
      const first = tf.relu(tf.add(convolved([1, 1], 'valid')(x, w), b));
      return tf.reshape(tf.tanh(tf.add(convolved([2, 2], 'valid')(first, v), c)), [2, -1]);
    },
  },
  ...(['linear', 'relu', 'sigmoid'] as const).map(
    (activation): KernelCase => ({
      name: `fused conv2d, ${activation}`,
      inputs: [[[2, 5, 5, 2]], [[2, 2, 2, 3]], [[3]]],
      fn: (x, filter, bias) =>
        tf.fused.conv2d({
          x: x as tf.Tensor4D,
          filter: filter as tf.Tensor4D,
          strides: 1,
          pad: 'valid',
          bias,
          activation,
        }),
      // tfjs has no gradient of this in it.
      ...(activation === 'sigmoid' ? { valueOnly: true as const } : {}),
    }),
  ),
];

/** Every operation that is traced, in the shapes in which it might go wrong. */
export const CASES: readonly KernelCase[] = [
  ...UNARY,
  ...BINARY,
  ...REDUCTIONS,
  ...ALONG_AXES,
  ...SHAPE_CASES,
  ...INDEX_CASES,
  ...PRODUCTS,
  ...CONVOLUTIONS,
  ...TALL_CASES,
];
