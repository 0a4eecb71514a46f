import * as tf from '@tensorflow/tfjs-core';
import { add, binary, clip, divide, multiply, subtract, tanh, unary, where } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import { lessThanZero } from './arithmetic.ts';
import type { Kernel, Kernels } from './kernel.ts';

const as =
  (op: string): Kernel =>
  (g, { x }) =>
    unary(g, op, x);

/** What log(1 + x) is beyond log of the rounded sum, to first order. */
function lostByRounding(g: Graph, x: Value, sum: Value): Value {
  return divide(g, subtract(g, x, subtract(g, sum, g.scalar(1))), sum);
}

/** log(1 + x) without cancellation. */
const log1p: Kernel = (g, { x }) => {
  const sum = add(g, g.scalar(1), x);
  const lost = lostByRounding(g, x, sum);
  // 0/0 at −1, ∞ − ∞ at ∞
  const finite = where(g, unary(g, 'IsNaN', lost, {}, 'bool'), g.scalar(0), lost);
  return add(g, unary(g, 'Log', sum), finite);
};

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

/** exp(min(x, 0)) / (1 + exp(−|x|)); ONNX Runtime's own is wrong below −5. */
export function sigmoid(g: Graph, x: Value): Value {
  return divide(g, expOfNegative(g, x), decay(g, x)[1]);
}

/** exp(min(x, 0)) */
function expOfNegative(g: Graph, x: Value): Value {
  return unary(g, 'Exp', binary(g, 'Min', x, g.scalar(0)));
}

/** Where |x| is less, exp(x) − 1 rounds to x. */
const LINEAR = 2 ** -24;

/** exp(x) − 1 = tanh(x/2)·(exp(x) + 1), for x not near 0. */
function expm1Away(g: Graph, x: Value, power: Value): Value {
  return multiply(g, tanh(g, multiply(g, x, g.scalar(0.5))), add(g, power, g.scalar(1)));
}

/** exp(x) − 1 without cancellation. */
const expm1: Kernel = (g, { x }) => {
  const isLinear = binary(g, 'Less', unary(g, 'Abs', x), g.scalar(LINEAR), 'bool');
  return where(g, isLinear, x, expm1Away(g, x, unary(g, 'Exp', x)));
};

/** x where positive, exp(x) − 1 elsewhere. */
export function elu(g: Graph, x: Value): Value {
  return where(g, binary(g, 'Greater', x, g.scalar(-LINEAR), 'bool'), x, expm1Away(g, x, expOfNegative(g, x)));
}

const { SELU_SCALE, SELU_SCALEALPHA } = tf.backend_util;

/** scale·x where positive, scale·alpha·(exp(x) − 1) elsewhere. */
const selu: Kernel = (g, { x }) => {
  const positive = binary(g, 'Greater', x, g.scalar(0), 'bool');
  return multiply(g, elu(g, x), where(g, positive, g.scalar(SELU_SCALE), g.scalar(SELU_SCALEALPHA)));
};

export function leakyRelu(g: Graph, x: Value, alpha: number): Value {
  return unary(g, 'LeakyRelu', x, { alpha: { float: alpha } });
}

export function prelu(g: Graph, x: Value, slope: Value): Value {
  return where(g, lessThanZero(g, x), multiply(g, slope, x), x);
}

export function relu6(g: Graph, x: Value): Value {
  return clip(g, x, 0, 6);
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
  Tanh: (g, { x }) => tanh(g, x),
  Exp: as('Exp'),
  Log: as('Log'),
  Sqrt: as('Sqrt'),
  Erf: as('Erf'),
  Sigmoid: (g, { x }) => sigmoid(g, x),
  Relu: as('Relu'),
  Elu: (g, { x }) => elu(g, x),
  Selu: selu,
  LeakyRelu: (g, { x }, { alpha }) => leakyRelu(g, x, alpha),
  Prelu: (g, { x, alpha }) => prelu(g, x, alpha),
  Relu6: (g, { x }) => relu6(g, x),
  Rsqrt: (g, { x }) => unary(g, 'Reciprocal', unary(g, 'Sqrt', x)),
  Log1p: log1p,
  Expm1: expm1,
  Softplus: (g, { x }) => softplus(g, x),
};
