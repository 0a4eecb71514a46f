import * as tf from '@tensorflow/tfjs-core';
import { binary, cast, clip, multiply, unary, where } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import type { ElementType, Value } from '../../graph/value.ts';
import { lessThanZero } from './arithmetic.ts';
import { counted, type Kernel, type Kernels, whole } from './kernel.ts';

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
