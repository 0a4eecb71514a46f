import * as tf from '@tensorflow/tfjs-core';
import { axesOf, axisOf, type Operator, type OperatorCall, type Operators } from './operator.ts';

type Reduction = (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor;

/** Axes are an input or, in older sets of operators, an attribute; without any all are meant, or none. */
const reduction =
  (f: Reduction): Operator =>
  (call) => {
    const x = call.input(0);
    const given = call.integersOr(1, 'axes');
    const isNone = given === undefined || given.length === 0;
    if (isNone && call.number('noop_with_empty_axes', 0) === 1) return x;
    const axes = axesOf(isNone ? undefined : given, x.rank);
    return tf.cast(f(x, axes, call.number('keepdims', 1) === 1), x.dtype);
  };

const logSumExp: Reduction = (x, axes, keepDims) => tf.logSumExp(x, axes, keepDims);

const extreme =
  (f: (x: tf.Tensor, axis: number) => tf.Tensor): Operator =>
  (call) => {
    const x = call.input(0);
    const axis = axisOf(call.number('axis', 0), x.rank);
    const isLast = call.number('select_last_index', 0) === 1;
    const first = f(isLast ? tf.reverse(x, axis) : x, axis);
    const found = isLast ? tf.sub(tf.scalar(x.shape[axis]! - 1, 'int32'), first) : first;
    return call.number('keepdims', 1) === 1 ? tf.expandDims(found, axis) : found;
  };

/** Before set 13 all axes from `axis` on are one. */
const alongAxis =
  (f: (x: tf.Tensor, axis: number) => tf.Tensor): Operator =>
  (call) => {
    const x = call.input(0);
    const axis = axisOf(call.number('axis', call.opset < 13 ? 1 : -1), x.rank);
    if (call.opset >= 13 || axis === x.rank - 1) return f(x, axis);
    const size = x.shape.slice(axis).reduce((product, n) => product * n, 1);
    return tf.reshape(f(tf.reshape(x, [-1, size]), 1), x.shape);
  };

const softmax = (x: tf.Tensor, axis: number): tf.Tensor => {
  if (axis === x.rank - 1) return tf.softmax(x);
  const weights = tf.exp(tf.sub(x, tf.max(x, axis, true)));
  return tf.div(weights, tf.sum(weights, axis, true));
};

const logSoftmax = (x: tf.Tensor, axis: number): tf.Tensor => {
  const below = tf.sub(x, tf.max(x, axis, true));
  return tf.sub(below, tf.log(tf.sum(tf.exp(below), axis, true)));
};

const hardmax = (x: tf.Tensor, axis: number): tf.Tensor => {
  const order = Array.from({ length: x.rank - 1 }, (_, i) => i);
  order.splice(axis, 0, x.rank - 1);
  return tf.transpose(tf.cast(tf.oneHot(tf.argMax(x, axis), x.shape[axis]!), 'float32'), order);
};

const cumulativeSum: Operator = (call) => {
  const x = call.input(0);
  const axis = axisOf(call.integers(1)[0] ?? 0, x.rank);
  return tf.cumsum(x, axis, call.number('exclusive', 0) === 1, call.number('reverse', 0) === 1);
};

const topK: Operator = (call) => {
  const x = call.input(0);
  const axis = axisOf(call.number('axis', -1), x.rank);
  const k = call.optional(1) === undefined ? call.needed('k') : call.integers(1)[0]!;
  if (!(k >= 1 && k <= x.shape[axis]!)) throw new Error(`the first ${k} of ${x.shape[axis]}`);
  const isLargest = call.number('largest', 1) === 1;
  const order = Array.from({ length: x.rank }, (_, i) => (i === axis ? x.rank - 1 : i === x.rank - 1 ? axis : i));
  const turned = tf.transpose(isLargest ? x : tf.neg(x), order);
  const { values, indices } = tf.topk(turned, k);
  return [tf.transpose(isLargest ? values : tf.neg(values), order), tf.transpose(indices, order)];
};

/** (x − mean) / √(variance + ε) over axes, with the mean and the factor. */
function standardized(
  x: tf.Tensor,
  axes: number[],
  epsilon: number,
): [y: tf.Tensor, mean: tf.Tensor, factor: tf.Tensor] {
  const mean = tf.mean(x, axes, true);
  const centered = tf.sub(x, mean);
  const variance = tf.mean(tf.mul(centered, centered), axes, true);
  const factor = tf.reciprocal(tf.sqrt(tf.add(variance, epsilon)));
  return [tf.mul(centered, factor), mean, factor];
}

/** One number for each channel, laid along the second axis. @throws if they are of another number */
function ofChannels(x: tf.Tensor, numbers: tf.Tensor): tf.Tensor {
  const channels = x.shape[1] ?? 0;
  if (numbers.size !== channels) throw new Error(`${numbers.size} numbers for ${channels} channels`);
  return tf.reshape(numbers, [channels, ...new Array<number>(Math.max(x.rank - 2, 0)).fill(1)]);
}

const batchNormalization: Operator = (call) => {
  if (call.number('training_mode', 0) === 1) {
    throw new Error('it is in training mode, expected a model that was exported for inference');
  }
  const x = call.input(0);
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((i) => ofChannels(x, call.input(i)));
  const factor = tf.div(scale!, tf.sqrt(tf.add(variance!, call.number('epsilon', 1e-5))));
  return tf.add(tf.mul(tf.sub(x, mean!), factor), shift!);
};

const layerNormalization: Operator = (call) => {
  const x = call.input(0);
  const [y, mean, factor] = standardized(x, lastAxes(call, x), call.number('epsilon', 1e-5));
  const scaled = tf.mul(y, call.input(1));
  const shift = call.optional(2);
  return [shift === undefined ? scaled : tf.add(scaled, shift), mean, factor];
};

/** The axes from `axis` to the last. */
function lastAxes(call: OperatorCall, x: tf.Tensor): number[] {
  const first = axisOf(call.number('axis', -1), x.rank);
  return Array.from({ length: x.rank - first }, (_, i) => first + i);
}

const rmsNormalization: Operator = (call) => {
  const x = call.input(0);
  const square = tf.mean(tf.mul(x, x), lastAxes(call, x), true);
  return tf.mul(tf.div(x, tf.sqrt(tf.add(square, call.number('epsilon', 1e-5)))), call.input(1));
};

const instanceNormalization: Operator = (call) => {
  const x = call.input(0);
  const [y] = standardized(x, axesOf(undefined, x.rank).slice(2), call.number('epsilon', 1e-5));
  return tf.add(tf.mul(y, ofChannels(x, call.input(1))), ofChannels(x, call.input(2)));
};

/** From set 21 on scale and shift are those of channels, before it of groups. */
const groupNormalization: Operator = (call) => {
  const x = call.input(0);
  const groups = call.needed('num_groups');
  const [batch = 0, channels = 0] = x.shape;
  if (!(groups >= 1 && channels % groups === 0)) throw new Error(`${groups} groups of ${channels} channels`);
  const [y] = standardized(tf.reshape(x, [batch, groups, -1]), [2], call.number('epsilon', 1e-5));
  const spread = (numbers: tf.Tensor): tf.Tensor =>
    numbers.size === channels || numbers.size !== groups
      ? numbers
      : tf.reshape(tf.tile(tf.reshape(numbers, [groups, 1]), [1, channels / groups]), [channels]);
  const [scale, shift] = [1, 2].map((i) => ofChannels(x, spread(call.input(i))));
  return tf.add(tf.mul(tf.reshape(y, x.shape), scale!), shift!);
};

const lpNormalization: Operator = (call) => {
  const x = call.input(0);
  const axis = axisOf(call.number('axis', -1), x.rank);
  const norm = call.number('p', 2) === 1 ? tf.sum(tf.abs(x), axis, true) : tf.sqrt(tf.sum(tf.mul(x, x), axis, true));
  return tf.div(x, tf.where(tf.equal(norm, 0), tf.onesLike(norm), norm));
};

/** What takes axes together, and what it is divided by: norms of layers, choices by softmax. */
export const REDUCTIONS: Operators = {
  ReduceSum: reduction((x, axes, keep) => tf.sum(x, axes, keep)),
  ReduceMean: reduction((x, axes, keep) => tf.mean(x, axes, keep)),
  ReduceMax: reduction((x, axes, keep) => tf.max(x, axes, keep)),
  ReduceMin: reduction((x, axes, keep) => tf.min(x, axes, keep)),
  ReduceProd: reduction((x, axes, keep) => tf.prod(x, axes, keep)),
  ReduceL1: reduction((x, axes, keep) => tf.sum(tf.abs(x), axes, keep)),
  ReduceL2: reduction((x, axes, keep) => tf.sqrt(tf.sum(tf.mul(x, x), axes, keep))),
  ReduceSumSquare: reduction((x, axes, keep) => tf.sum(tf.mul(x, x), axes, keep)),
  ReduceLogSum: reduction((x, axes, keep) => tf.log(tf.sum(x, axes, keep))),
  ReduceLogSumExp: reduction(logSumExp),
  ArgMax: extreme((x, axis) => tf.argMax(x, axis)),
  ArgMin: extreme((x, axis) => tf.argMin(x, axis)),
  Softmax: alongAxis(softmax),
  LogSoftmax: alongAxis(logSoftmax),
  Hardmax: alongAxis(hardmax),
  CumSum: cumulativeSum,
  TopK: topK,
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LpNormalization: lpNormalization,
};
