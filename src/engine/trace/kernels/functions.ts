import { add, binary, divide, multiply, subtract, unary, where } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import { lessThanZero } from './arithmetic.ts';
import type { Kernel, Kernels } from './kernel.ts';

const as =
  (op: string): Kernel =>
  (g, { x }) =>
    unary(g, op, x);

/** log(1 + x) without cancellation: what 1 + x loses to rounding is put back to first order. */
function log1p(g: Graph, x: Value): Value {
  const one = g.scalar(1);
  const sum = add(g, one, x);
  const lost = subtract(g, x, subtract(g, sum, one));
  return add(g, unary(g, 'Log', sum), divide(g, lost, sum));
}

/** exp(x) − 1 without cancellation (Kahan): (u − 1)·x / log u with u = exp x, for x not near 0 or −∞ only in rounding. */
function expm1(g: Graph, x: Value): Value {
  const one = g.scalar(1);
  const power = unary(g, 'Exp', x);
  const naive = subtract(g, power, one);
  const small = binary(g, 'Less', unary(g, 'Abs', x), g.scalar(0.5), 'bool');
  // Outside (−½, ½) the quotient is not needed and might not be finite.
  const near = where(g, small, x, g.scalar(0.5));
  const u = unary(g, 'Exp', near);
  const same = binary(g, 'Equal', u, one, 'bool');
  const logarithm = where(g, same, one, unary(g, 'Log', u));
  const quotient = divide(g, multiply(g, subtract(g, u, one), near), logarithm);
  return where(g, small, where(g, same, near, quotient), naive);
}

/** log(1 + exp x) = max(x, 0) + log(1 + exp(−|x|)). */
function softplus(g: Graph, x: Value): Value {
  const tail = log1p(g, unary(g, 'Exp', unary(g, 'Neg', unary(g, 'Abs', x))));
  return add(g, unary(g, 'Relu', x), tail);
}

/** x where positive, alpha·(exp x − 1) elsewhere. */
const elu: Kernel = as('Elu');

/** The slope of ELU at the point where its value is y: 1 + min(y, 0). */
const eluGradient: Kernel = (g, { dy, y }) => multiply(g, dy, add(g, g.scalar(1), binary(g, 'Min', y, g.scalar(0))));

const SELU = { alpha: { float: 1.6732632423543772 }, gamma: { float: 1.0507009873554805 } };

export function leakyRelu(g: Graph, x: Value, alpha: number): Value {
  return unary(g, 'LeakyRelu', x, { alpha: { float: alpha } });
}

export function prelu(g: Graph, x: Value, slope: Value): Value {
  return where(g, lessThanZero(g, x), multiply(g, slope, x), x);
}

export function relu6(g: Graph, x: Value): Value {
  return g.node('Clip', [x, g.scalar(0), g.scalar(6)], x.shape, x.dtype);
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
  Elu: elu,
  EluGrad: eluGradient,
  Selu: (g, { x }) => unary(g, 'Selu', x, SELU),
  LeakyRelu: (g, { x }, { alpha }) => leakyRelu(g, x, alpha),
  Prelu: (g, { x, alpha }) => prelu(g, x, alpha),
  Relu6: (g, { x }) => relu6(g, x),
  Rsqrt: (g, { x }) => unary(g, 'Reciprocal', unary(g, 'Sqrt', x)),
  Log1p: (g, { x }) => log1p(g, x),
  Expm1: (g, { x }) => expm1(g, x),
  Softplus: (g, { x }) => softplus(g, x),
};
