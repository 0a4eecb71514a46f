import { add, binary, cast, clip, divide, multiply, subtract, unary, where } from '../graph/elementwise.ts';
import { constantData, type Expansion, type Graph } from '../graph/graph.ts';
import { type Convolution, convolutionOf, extents } from '../graph/linearAlgebra.ts';
import { concat, filled, reshape, slice, split, transpose } from '../graph/shapes.ts';
import type { Attributes, Value } from '../graph/value.ts';

// Operations of the graph that ONNX does not have, or that ONNX Runtime gets wrong at the edges, made of others.

/** A function of floats; other types are calculated as floats. */
const function1 =
  (f: (g: Graph, x: Value) => Value): Expansion =>
  (g, [x], { outputs }) => [cast(g, f(g, cast(g, x!, 'float32')), outputs[0]!.dtype)];

/** ONNX Runtime's reaches 1 + 2⁻²², which is cut off. */
function tanh(g: Graph, x: Value): Value {
  return clip(g, unary(g, 'Tanh', x), -1, 1);
}

/** ONNX Runtime leaves a batch of products of nothing unset. */
const product: Expansion = (g, inputs, { outputs, attributes }) => {
  const [{ shape, dtype }] = outputs as [Value];
  const length = inputs[0]!.shape.at(attributes.transA === 1 ? -2 : -1);
  return length === 0 ? [filled(g, 0, shape, dtype)] : undefined;
};

/** What log(1 + x) is beyond log of the rounded sum, to first order. */
function lostByRounding(g: Graph, x: Value, sum: Value): Value {
  return divide(g, subtract(g, x, subtract(g, sum, g.scalar(1))), sum);
}

/** log(1 + x) without cancellation. */
function log1p(g: Graph, x: Value): Value {
  const sum = add(g, g.scalar(1), x);
  const lost = lostByRounding(g, x, sum);
  // 0/0 at −1, ∞ − ∞ at ∞
  const finite = where(g, unary(g, 'IsNaN', lost, {}, 'bool'), g.scalar(0), lost);
  return add(g, unary(g, 'Log', sum), finite);
}

/** exp(−|x|) and 1 + exp(−|x|), which are the same for softplus, the sigmoid, its gradient and that of softplus. */
function decay(g: Graph, x: Value): [power: Value, sum: Value] {
  const power = unary(g, 'Exp', unary(g, 'Neg', unary(g, 'Abs', x)));
  return [power, add(g, g.scalar(1), power)];
}

/** log(1 + exp x) = max(x, 0) + log(1 + exp(−|x|)). */
function softplus(g: Graph, x: Value): Value {
  const [power, sum] = decay(g, x);
  const tail = add(g, unary(g, 'Log', sum), lostByRounding(g, power, sum));
  return add(g, unary(g, 'Relu', x), tail);
}

/** exp(min(x, 0)) */
function expOfNegative(g: Graph, x: Value): Value {
  return unary(g, 'Exp', binary(g, 'Min', x, g.scalar(0)));
}

/** exp(min(x, 0)) / (1 + exp(−|x|)); ONNX Runtime's own is wrong below −5. */
function sigmoid(g: Graph, x: Value): Value {
  return divide(g, expOfNegative(g, x), decay(g, x)[1]);
}

/** Where |x| is less, exp(x) − 1 rounds to x. */
const LINEAR = 2 ** -24;

/** exp(x) − 1 = tanh(x/2)·(exp(x) + 1), for x not near 0. */
function expm1Away(g: Graph, x: Value, power: Value): Value {
  return multiply(g, tanh(g, multiply(g, x, g.scalar(0.5))), add(g, power, g.scalar(1)));
}

/** exp(x) − 1 without cancellation. */
function expm1(g: Graph, x: Value): Value {
  const isLinear = binary(g, 'Less', unary(g, 'Abs', x), g.scalar(LINEAR), 'bool');
  return where(g, isLinear, x, expm1Away(g, x, unary(g, 'Exp', x)));
}

/** x where positive, exp(x) − 1 elsewhere. */
function elu(g: Graph, x: Value): Value {
  return where(g, binary(g, 'Greater', x, g.scalar(-LINEAR), 'bool'), x, expm1Away(g, x, expOfNegative(g, x)));
}

/** NaN where there is one, which ONNX Runtime passes over. */
const extreme: Expansion = (g, [x, axes], { op, outputs, attributes }) => {
  const [{ shape, dtype }] = outputs as [Value];
  if (dtype !== 'float32') return undefined;
  const result = g.node(op, [x!, axes!], shape, dtype, attributes);
  const zeroOrNaN = g.node('ReduceSum', [clip(g, x!, 0, 0), axes!], shape, dtype, attributes);
  return [add(g, result, zeroOrNaN)];
};

/** Overflow keeps the low 32 bits; ONNX Runtime's int32 would stop at the greatest integer. */
const wrappingSum: Expansion = (g, [x, axes], { op, outputs, attributes }) => {
  const [{ shape, dtype }] = outputs as [Value];
  if (dtype !== 'int32') return undefined;
  return [cast(g, g.node(op, [cast(g, x!, 'int64'), axes!], shape, 'int64', attributes), 'int32')];
};

/** Likewise, by products of halves: ONNX Runtime's int64 stops at its greatest integer too. */
const wrappingProduct: Expansion = (g, [x, axes], { outputs }) => {
  const [{ shape, dtype }] = outputs as [Value];
  if (dtype !== 'int32' || x!.shape.includes(0)) return undefined;
  let value = x!;
  for (const axis of Array.from(axes!.constant!, Number)) {
    for (let size = value.shape[axis]!; size > 1; size = value.shape[axis]!) {
      const half = Math.floor(size / 2);
      const [a, b, rest] = split(g, value, size % 2 === 0 ? [half, half] : [half, half, 1], axis);
      const product = multiply(g, a!, b!);
      value = rest === undefined ? product : concat(g, [product, rest], axis);
    }
  }
  return [reshape(g, value, shape)];
};

/** A number out of range keeps its low 32 bits and NaN is 0, as in JavaScript; a direct cast makes −2³¹ of both. */
const wrappingCast: Expansion = (g, [x], { outputs }) => {
  if (x!.dtype !== 'float32' || outputs[0]!.dtype !== 'int32') return undefined;
  return [cast(g, unary(g, 'Mod', cast(g, x!, 'int64'), {}, 'int64', [g.scalar(2 ** 32, 'int64')]), 'int32')];
};

/** A negative index is an error, which ONNX counts from the back. Those of a segment sum and of topk are none. */
const fromTheFront: Expansion = (g, [data, indices, ...rest], { op, origin, outputs, attributes }) => {
  if (constantData(indices!) !== undefined || ['UnsortedSegmentSum', 'TopK'].includes(origin)) return undefined;
  const isNegative = binary(g, 'Less', indices!, g.scalar(0, indices!.dtype), 'bool');
  const counted = where(g, isNegative, g.scalar(2 ** 31 - 1, indices!.dtype), indices!);
  const [{ shape, dtype }] = outputs as [Value];
  return [g.node(op, [data!, counted, ...rest], shape, dtype, attributes)];
};

/** Channels come second in ONNX, and in its filters results first. */
const CHANNELS_SECOND = [0, 3, 1, 2];
const RESULTS_FIRST = [3, 2, 0, 1];
const CHANNELS_LAST = [0, 2, 3, 1];
/** A tensor whose channels stand for its batch. */
const CHANNELS_FIRST = [3, 0, 1, 2];

const windowAttributes = ({ strides, dilations, pads }: Convolution, kernel: readonly number[]): Attributes => ({
  strides,
  dilations,
  pads,
  kernel_shape: kernel,
});

const permuted = (shape: readonly number[], perm: readonly number[]): number[] => perm.map((axis) => shape[axis]!);

const conv2D: Expansion = (g, [x, filter], node) => {
  const c = convolutionOf(node);
  const operands = [transpose(g, x!, CHANNELS_SECOND), transpose(g, filter!, RESULTS_FIRST)];
  const shape = permuted(c.results, CHANNELS_SECOND);
  return [transpose(g, g.node('Conv', operands, shape, 'float32', windowAttributes(c, c.kernel)), CHANNELS_LAST)];
};

const inputGradient: Expansion = (g, [dy, filter], node) => {
  const c = convolutionOf(node);
  const operands = [transpose(g, dy!, CHANNELS_SECOND), transpose(g, filter!, RESULTS_FIRST)];
  // Rows and columns that no window reaches.
  const missed = extents(c).map(
    (extent, i) => c.images[i + 1]! + c.pads[i]! + c.pads[i + 2]! - (c.counts[i]! - 1) * c.strides[i]! - extent,
  );
  const attributes = { ...windowAttributes(c, c.kernel), output_padding: missed };
  const shape = permuted(c.images, CHANNELS_SECOND);
  return [transpose(g, g.node('ConvTranspose', operands, shape, 'float32', attributes), CHANNELS_LAST)];
};

/** The convolution of the images with the results' gradient, with channels for the batch, and strides and dilations exchanged. */
const filterGradient: Expansion = (g, [x, dy], node) => {
  const c = convolutionOf(node);
  const operands = [transpose(g, x!, CHANNELS_FIRST), transpose(g, dy!, CHANNELS_FIRST)];
  const exchanged = { ...c, strides: c.dilations, dilations: c.strides };
  const sizes = c.counts.map((count, i) => {
    const size = c.images[i + 1]! + c.pads[i]! + c.pads[i + 2]!;
    return Math.floor((size - (count - 1) * c.strides[i]! - 1) / c.dilations[i]!) + 1;
  });
  const [height, width, channels, results] = c.filter;
  const all = g.node('Conv', operands, [channels, results, ...sizes], 'float32', windowAttributes(exchanged, c.counts));
  return [transpose(g, slice(g, all, [0, 0, 0, 0], [channels, results, height, width]), [2, 3, 0, 1])];
};

export const EXPANSIONS: Readonly<Record<string, Expansion>> = {
  Tanh: function1(tanh),
  MatMul: product,
  Log1p: function1(log1p),
  Softplus: function1(softplus),
  Sigmoid: function1(sigmoid),
  Expm1: function1(expm1),
  Elu: function1(elu),
  ReduceMax: extreme,
  ReduceMin: extreme,
  ReduceSum: wrappingSum,
  ReduceProd: wrappingProduct,
  Cast: wrappingCast,
  Gather: fromTheFront,
  GatherElements: fromTheFront,
  GatherND: fromTheFront,
  ScatterND: fromTheFront,
  Conv2D: conv2D,
  Conv2DBackpropInput: inputGradient,
  Conv2DBackpropFilter: filterGradient,
};
