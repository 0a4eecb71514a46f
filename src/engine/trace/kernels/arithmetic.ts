import * as tf from '@tensorflow/tfjs-core';
import { add, binary, cast, clip, divide, multiply, neg, subtract, unary, where } from '../../graph/elementwise.ts';
import { type Graph, uniformNumber } from '../../graph/graph.ts';
import { broadcastShape } from '../../graph/shapeInference.ts';
import { filled, reshape } from '../../graph/shapes.ts';
import type { ElementType, Value } from '../../graph/value.ts';
import { alike, counted, type Kernel, type Kernels, ofCounts, whole } from './kernel.ts';

const arithmetic = (op: string): Kernel => ofCounts((g, { a, b }) => binary(g, op, a, b));

const comparison =
  (op: string): Kernel =>
  (g, { a, b }) =>
    binary(g, op, counted(g, a), counted(g, b), 'bool');

const logical =
  (op: string): Kernel =>
  (g, { a, b }) =>
    binary(g, op, a, b, 'bool');

function lessThanZero(g: Graph, x: Value): Value {
  return binary(g, 'Less', x, g.scalar(0, x.dtype), 'bool');
}

/** Where an integer division by `b` would kill the process: by 0, and of −2³¹ by −1. */
function isUnsafeDivisor(g: Graph, b: Value): Value {
  const equals = (number: number): Value => binary(g, 'Equal', b, g.scalar(number, 'int32'), 'bool');
  return binary(g, 'Or', equals(0), equals(-1), 'bool');
}

/** The remainder with the divisor's sign; of integers 0 where the divisor is 0. */
const floorModulo: Kernel = (g, { a, b }) => {
  if (a.dtype === 'int32') {
    return binary(g, 'Mod', a, where(g, isUnsafeDivisor(g, b), g.scalar(1, 'int32'), b));
  }
  // C's remainder has the dividend's sign.
  const remainder = (x: Value, y: Value): Value =>
    g.node('Mod', [x, y], broadcastShape(x.shape, y.shape), x.dtype, { fmod: 1 });
  const raw = remainder(a, b);
  const sameSign = binary(g, 'Equal', lessThanZero(g, a), lessThanZero(g, b), 'bool');
  return where(g, sameSign, raw, remainder(add(g, raw, b), b));
};

/** The quotient rounded down; of integers 0 where the divisor is 0. */
const floorDivide: Kernel = (g, { a, b }) => {
  if (a.dtype === 'int32') {
    const unsafe = isUnsafeDivisor(g, b);
    const divisor = where(g, unsafe, g.scalar(1, 'int32'), b);
    // Rounded towards 0 it is one too many where that leaves another remainder than the floor.
    const quotient = binary(g, 'Div', a, divisor);
    const rest = subtract(g, a, multiply(g, quotient, divisor));
    const isLess = unary(g, 'Not', binary(g, 'Equal', rest, binary(g, 'Mod', a, divisor), 'bool'));
    return where(g, unsafe, multiply(g, a, b), subtract(g, quotient, cast(g, isLess, 'int32')));
  }
  return cast(g, unary(g, 'Floor', divide(g, a, b)), 'int32');
};

/** The angle of the point (b, a), in [−π, π]. */
const arcTangent2: Kernel = (g, { a, b }) => {
  const [y, x] = [cast(g, a, 'float32'), cast(g, b, 'float32')];
  const magnitude = (value: Value): Value => unary(g, 'Abs', value);
  // The larger over the smaller side would overflow or be 0/0 or ∞/∞; where they are equal, the angle to the axis is π/4, or 0 at 0.
  const [height, width] = [magnitude(y), magnitude(x)];
  const isDiagonal = binary(g, 'Equal', height, width, 'bool');
  const slope = divide(g, height, where(g, isDiagonal, g.scalar(1), width));
  const toAxis = where(
    g,
    isDiagonal,
    multiply(g, unary(g, 'Sign', height), g.scalar(Math.PI / 4)),
    unary(g, 'Atan', slope),
  );
  const angle = where(g, lessThanZero(g, x), subtract(g, g.scalar(Math.PI), toAxis), toAxis);
  return whole(g, where(g, lessThanZero(g, y), neg(g, angle), angle), a.dtype);
};

/** a to the power of b; as in JavaScript, 1 to the power of infinity or NaN is NaN, not 1. */
const power: Kernel = (g, inputs, ...rest) => {
  const { a, b } = inputs;
  const result = arithmetic('Pow')(g, inputs, ...rest) as Value;
  const exponent = uniformNumber(b);
  if (a.dtype !== 'float32' || (exponent !== undefined && Number.isFinite(exponent))) return result;
  const isOne = binary(g, 'Equal', unary(g, 'Abs', a), g.scalar(1), 'bool');
  return where(g, isOne, add(g, result, subtract(g, b, b)), result);
};

/** 1 where x > 0, alpha elsewhere; NaN stays. */
const step: Kernel = (g, { x }, { alpha = 0 }) => {
  const positive = unary(g, 'Sign', unary(g, 'Relu', cast(g, x, 'float32')));
  return whole(g, add(g, multiply(g, positive, g.scalar(1 - alpha)), g.scalar(alpha)), x.dtype);
};

/** −1, 0 or 1; 0 for NaN. */
const sign: Kernel = (g, { x }) => {
  const signs = unary(g, 'Sign', x);
  return x.dtype === 'float32' ? where(g, unary(g, 'IsNaN', x, {}, 'bool'), g.scalar(0), signs) : signs;
};

const square: Kernel = (g, { x }) => multiply(g, x, x);

const finiteness: Kernel = (g, { x }) =>
  binary(
    g,
    'LessOrEqual',
    unary(g, 'Abs', cast(g, x, 'float32')),
    g.scalar(Math.fround(3.4028234663852886e38)),
    'bool',
  );

/** A test of floats, which other numbers may take too. */
const test =
  (op: string): Kernel =>
  (g, { x }) =>
    unary(g, op, cast(g, x, 'float32'), {}, 'bool');

/** Arithmetic, comparisons and logic of elements. */
export const ARITHMETIC: Kernels = {
  Add: arithmetic('Add'),
  Sub: arithmetic('Sub'),
  Multiply: arithmetic('Mul'),
  RealDiv: arithmetic('Div'),
  Maximum: arithmetic('Max'),
  Minimum: arithmetic('Min'),
  Pow: power,
  Mod: ofCounts(floorModulo),
  FloorDiv: ofCounts(floorDivide, 'int32'),
  Atan2: arcTangent2,
  SquaredDifference: ofCounts((g, { a, b }) => {
    const difference = subtract(g, a, b);
    return multiply(g, difference, difference);
  }),
  AddN: (g, _, __, list) => list.reduce((sum, x) => add(g, sum, x)),
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  Equal: logical('Equal'),
  NotEqual: (g, { a, b }) => unary(g, 'Not', binary(g, 'Equal', a, b, 'bool')),
  LogicalAnd: logical('And'),
  LogicalOr: logical('Or'),
  LogicalNot: (g, { x }) => unary(g, 'Not', x),
  Select: (g, { condition, t, e }) => {
    // A vector condition chooses whole rows.
    const rows =
      condition.shape.length === 1 ? [condition.shape[0]!, ...t.shape.slice(1).map(() => 1)] : condition.shape;
    const [yes, no] = alike(g, [t, e]) as [Value, Value];
    return where(g, reshape(g, condition, rows), yes, no);
  },
  Neg: ofCounts((g, { x }) => neg(g, x)),
  Abs: ofCounts((g, { x }) => unary(g, 'Abs', x)),
  Sign: ofCounts(sign),
  Square: ofCounts(square),
  Step: step,
  Reciprocal: (g, { x }) => whole(g, unary(g, 'Reciprocal', cast(g, x, 'float32')), x.dtype),
  Ceil: (g, { x }) => unary(g, 'Ceil', x),
  Floor: (g, { x }) => unary(g, 'Floor', x),
  Round: (g, { x }) => (x.dtype === 'float32' ? unary(g, 'Round', x) : x),
  ClipByValue: (g, { x }, { clipValueMin, clipValueMax }) =>
    cast(g, clip(g, counted(g, x), clipValueMin, clipValueMax), x.dtype),
  IsFinite: finiteness,
  IsInf: test('IsInf'),
  IsNan: test('IsNaN'),
  Cast: (g, { x }, { dtype }) => cast(g, x, dtype),
  Identity: (_, { x }) => x,
  ZerosLike: (g, { x }) => filled(g, 0, x.shape, x.dtype),
  OnesLike: (g, { x }) => filled(g, 1, x.shape, x.dtype),
};

/** A function of floats. Of other numbers tfjs takes the whole part, but for few functions. */
const as =
  (op: string, dtype?: ElementType): Kernel =>
  (g, { x }) =>
    whole(g, unary(g, op, cast(g, x, 'float32')), dtype ?? x.dtype);

const { SELU_SCALE, SELU_SCALEALPHA } = tf.backend_util;

/** scale·x where positive, scale·alpha·(exp(x) − 1) elsewhere. */
const selu: Kernel = (g, { x: given }) => {
  const x = cast(g, given, 'float32');
  const positive = binary(g, 'Greater', x, g.scalar(0), 'bool');
  const scale = where(g, positive, g.scalar(SELU_SCALE), g.scalar(SELU_SCALEALPHA));
  return whole(g, multiply(g, unary(g, 'Elu', x), scale), given.dtype);
};

export function leakyRelu(g: Graph, x: Value, alpha: number): Value {
  return unary(g, 'LeakyRelu', cast(g, x, 'float32'), { alpha: { float: alpha } });
}

export function prelu(g: Graph, given: Value, slope: Value): Value {
  const x = cast(g, given, 'float32');
  return where(g, lessThanZero(g, x), multiply(g, cast(g, slope, 'float32'), x), x);
}

export function relu6(g: Graph, x: Value): Value {
  return cast(g, clip(g, counted(g, x), 0, 6), x.dtype);
}

/** Functions of one real number, activations among them. */
export const FUNCTIONS: Kernels = {
  Acos: as('Acos'),
  Acosh: as('Acosh'),
  Asin: as('Asin'),
  Asinh: as('Asinh'),
  Atan: as('Atan'),
  Atanh: as('Atanh'),
  Cos: as('Cos'),
  Cosh: as('Cosh'),
  Sin: as('Sin'),
  Sinh: as('Sinh'),
  Tan: as('Tan'),
  Tanh: as('Tanh'),
  Exp: as('Exp', 'float32'),
  Log: as('Log'),
  Sqrt: as('Sqrt'),
  Erf: as('Erf'),
  Sigmoid: as('Sigmoid'),
  Relu: (g, { x }) => cast(g, unary(g, 'Relu', counted(g, x)), x.dtype),
  Elu: as('Elu'),
  Selu: selu,
  LeakyRelu: (g, { x }, { alpha }) => leakyRelu(g, x, alpha),
  Prelu: (g, { x, alpha }) => prelu(g, x, alpha),
  Relu6: (g, { x }) => relu6(g, x),
  Rsqrt: (g, { x }) => unary(g, 'Reciprocal', unary(g, 'Sqrt', x)),
  Log1p: as('Log1p'),
  Expm1: as('Expm1'),
  Softplus: as('Softplus'),
};
