import * as tf from '@tensorflow/tfjs-core';
import { typeOf } from '../read.ts';
import type { Operator, OperatorCall, Operators } from './operator.ts';

const unary =
  (f: (x: tf.Tensor) => tf.Tensor): Operator =>
  (call) =>
    f(call.input(0));

const binary =
  (f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Operator =>
  (call) => {
    const [a, b] = pairOf(call);
    return f(a, b);
  };

/** Two inputs, whose result is taken into account. In the first sets of operators the second is laid along an axis of the first. */
function pairOf(call: OperatorCall): [tf.Tensor, tf.Tensor] {
  const a = call.input(0);
  let b = call.input(1);
  if (call.opset < 7 && call.number('broadcast', 0) === 1 && call.has('axis')) {
    const behind = a.rank - call.needed('axis') - b.rank;
    b = tf.reshape(b, [...b.shape, ...new Array<number>(Math.max(behind, 0)).fill(1)]);
  }
  call.broadcast(a.shape, b.shape);
  return [a, b];
}

/** One operation over any number of inputs. */
const folded =
  (f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Operator =>
  (call) =>
    call.inputs.reduce((a, b) => {
      call.broadcast(a.shape, b.shape);
      return f(a, b);
    });

const isInt = ({ dtype }: tf.Tensor): boolean => dtype === 'int32';

/** Of integers the whole part of the quotient. */
function divide(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  if (!isInt(a)) return tf.div(a, b);
  const sign = tf.mul(tf.sign(a), tf.sign(b));
  return tf.mul(tf.cast(sign, 'int32'), tf.floorDiv(tf.abs(a), tf.abs(b)));
}

/** The remainder, with the sign of the divisor, or with `fmod` of the dividend. */
const modulo: Operator = (call) => {
  const [a, b] = pairOf(call);
  if (call.number('fmod', 0) === 0) return tf.mod(a, b);
  return tf.mul(tf.cast(tf.sign(a), a.dtype), tf.mod(tf.abs(a), tf.abs(b)));
};

/** α (eˣ − 1) where x ≤ 0, else x. */
const elu = (x: tf.Tensor, alpha: number): tf.Tensor =>
  alpha === 1 ? tf.elu(x) : tf.add(tf.relu(x), tf.mul(alpha, tf.expm1(tf.minimum(x, 0))));

const hardSigmoid = (x: tf.Tensor, alpha: number, beta: number): tf.Tensor =>
  tf.clipByValue(tf.add(tf.mul(x, alpha), beta), 0, 1);

const softplus = (x: tf.Tensor): tf.Tensor => tf.softplus(x);

const gelu: Operator = (call) => {
  const x = call.input(0);
  if (call.text('approximate', 'none') === 'tanh') {
    const inner = tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.mul(x, tf.mul(x, x)))));
    return tf.mul(tf.mul(0.5, x), tf.add(1, tf.tanh(inner)));
  }
  return tf.mul(tf.mul(0.5, x), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));
};

const clip: Operator = (call) => {
  const x = call.input(0);
  const bound = (index: number, name: string) => call.optional(index) ?? call.number(name, undefined);
  const [low, high] = [bound(1, 'min'), bound(2, 'max')];
  const raised = low === undefined ? x : tf.maximum(x, low);
  return tf.cast(high === undefined ? raised : tf.minimum(raised, high), x.dtype);
};

const cast: Operator = (call) => tf.cast(call.input(0), typeOf(call.needed('to')).dtype);

const where: Operator = (call) => {
  const [condition, a, b] = [call.input(0), call.input(1), call.input(2)];
  call.broadcast(call.broadcast(a.shape, b.shape), condition.shape);
  return tf.where(tf.cast(condition, 'bool'), a, b);
};

/** A slope for negative numbers, laid along the channels in the first sets of operators. */
const prelu: Operator = (call) => {
  const [x, slope] = [call.input(0), call.input(1)];
  const isChannels = call.opset < 7 && slope.rank === 1 && x.rank > 2;
  const laid = isChannels ? tf.reshape(slope, [-1, ...new Array<number>(x.rank - 2).fill(1)]) : slope;
  call.broadcast(x.shape, laid.shape);
  return tf.where(tf.less(x, 0), tf.mul(x, laid), x);
};

const shrink: Operator = (call) => {
  const x = call.input(0);
  const [bias, lambda] = [call.number('bias', 0), call.number('lambd', 0.5)];
  const zero = tf.zerosLike(x);
  const above = tf.where(tf.greater(x, lambda), tf.sub(x, bias), zero);
  return tf.where(tf.less(x, -lambda), tf.add(x, bias), above);
};

/** What an attribute α is to a function of one input, with its usual value. */
const withAlpha =
  (usual: number, f: (x: tf.Tensor, alpha: number) => tf.Tensor): Operator =>
  (call) =>
    f(call.input(0), call.number('alpha', usual));

const { SELU_SCALE, SELU_SCALEALPHA } = tf.backend_util;

const selu: Operator = (call) => {
  const x = call.input(0);
  const gamma = call.number('gamma', SELU_SCALE);
  return tf.mul(gamma, elu(x, call.number('alpha', SELU_SCALEALPHA / SELU_SCALE)));
};

/** Functions of each element. */
export const ELEMENTWISE: Operators = {
  Abs: unary(tf.abs),
  Acos: unary(tf.acos),
  Acosh: unary(tf.acosh),
  Asin: unary(tf.asin),
  Asinh: unary(tf.asinh),
  Atan: unary(tf.atan),
  Atanh: unary(tf.atanh),
  Ceil: unary(tf.ceil),
  Cos: unary(tf.cos),
  Cosh: unary(tf.cosh),
  Erf: unary(tf.erf),
  Exp: unary(tf.exp),
  Floor: unary(tf.floor),
  Identity: unary((x) => x),
  IsNaN: unary(tf.isNaN),
  Log: unary(tf.log),
  Neg: unary(tf.neg),
  Not: unary(tf.logicalNot),
  Reciprocal: unary(tf.reciprocal),
  Round: unary(tf.round),
  Sigmoid: unary(tf.sigmoid),
  Sign: unary(tf.sign),
  Sin: unary(tf.sin),
  Sinh: unary(tf.sinh),
  Sqrt: unary(tf.sqrt),
  Tan: unary(tf.tan),
  Tanh: unary(tf.tanh),

  Relu: unary(tf.relu),
  Softplus: unary(softplus),
  Softsign: unary((x) => tf.div(x, tf.add(1, tf.abs(x)))),
  HardSwish: unary((x) => tf.mul(x, hardSigmoid(x, 1 / 6, 0.5))),
  Mish: unary((x) => tf.mul(x, tf.tanh(softplus(x)))),
  Elu: withAlpha(1, elu),
  Celu: withAlpha(1, (x, alpha) => tf.add(tf.relu(x), tf.mul(alpha, tf.expm1(tf.div(tf.minimum(x, 0), alpha))))),
  LeakyRelu: withAlpha(0.01, (x, alpha) => tf.where(tf.less(x, 0), tf.mul(x, alpha), x)),
  ThresholdedRelu: withAlpha(1, (x, alpha) => tf.where(tf.greater(x, alpha), x, tf.zerosLike(x))),
  Swish: withAlpha(1, (x, alpha) => tf.mul(x, tf.sigmoid(tf.mul(alpha, x)))),
  HardSigmoid: (call) => hardSigmoid(call.input(0), call.number('alpha', 0.2), call.number('beta', 0.5)),
  Selu: selu,
  Gelu: gelu,
  PRelu: prelu,
  Shrink: shrink,

  Add: binary(tf.add),
  Sub: binary(tf.sub),
  Mul: binary(tf.mul),
  Div: binary(divide),
  Pow: binary((a, b) => tf.cast(tf.pow(a, b), a.dtype)),
  Mod: modulo,
  Max: folded(tf.maximum),
  Min: folded(tf.minimum),
  Sum: folded(tf.add),
  Mean: (call) => tf.div(folded(tf.add)(call) as tf.Tensor, call.inputs.length),
  Equal: binary(tf.equal),
  Greater: binary(tf.greater),
  GreaterOrEqual: binary(tf.greaterEqual),
  Less: binary(tf.less),
  LessOrEqual: binary(tf.lessEqual),
  And: binary(tf.logicalAnd),
  Or: binary(tf.logicalOr),
  Xor: binary((a, b) => tf.notEqual(tf.cast(a, 'int32'), tf.cast(b, 'int32'))),
  Where: where,
  Clip: clip,
  Cast: cast,
  CastLike: (call) => tf.cast(call.input(0), call.input(1).dtype),
};
