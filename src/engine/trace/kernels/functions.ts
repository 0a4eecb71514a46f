import * as tf from '@tensorflow/tfjs-core';
import { binary, clip, multiply, unary, where } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import { lessThanZero } from './arithmetic.ts';
import type { Kernel, Kernels } from './kernel.ts';

const as =
  (op: string): Kernel =>
  (g, { x }) =>
    unary(g, op, x);

const { SELU_SCALE, SELU_SCALEALPHA } = tf.backend_util;

/** scale·x where positive, scale·alpha·(exp(x) − 1) elsewhere. */
const selu: Kernel = (g, { x }) => {
  const positive = binary(g, 'Greater', x, g.scalar(0), 'bool');
  return multiply(g, unary(g, 'Elu', x), where(g, positive, g.scalar(SELU_SCALE), g.scalar(SELU_SCALEALPHA)));
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
  Tanh: as('Tanh'),
  Exp: as('Exp'),
  Log: as('Log'),
  Sqrt: as('Sqrt'),
  Erf: as('Erf'),
  Sigmoid: as('Sigmoid'),
  Relu: as('Relu'),
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
