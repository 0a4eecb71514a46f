import * as tf from '@tensorflow/tfjs-core';
import { broadcast, LARGEST_FLOAT32, select, stopGradient } from '../nn/tensors.ts';
import type { Tails } from './distribution.ts';

/**
 * A log-density inside its support and −∞ outside, with gradient 0 there. What is not a number lies nowhere, and stays NaN.
 * @param isInside whether a point lies in the support
 * @param logProb of an argument that has been clamped to the support: finite everywhere, or NaN
 */
export function impossibleOutside(isInside: () => tf.Tensor, logProb: tf.Tensor): tf.Tensor {
  const outside = stopGradient(() => tf.minimum(logProb, Number.NEGATIVE_INFINITY));
  return select(isInside, logProb, outside);
}

const LOWEST = 2 ** -126;
const HIGHEST = 1 - 2 ** -24;

/** The nearest of float32's normal numbers between 0 and 1: [2⁻¹²⁶, 1 − 2⁻²⁴]. */
export function inUnitInterval(x: tf.Tensor): tf.Tensor {
  return tf.clipByValue(x, LOWEST, HIGHEST);
}

/** A log-density at x within [0, 1], and −∞ outside: {@link impossibleOutside}. */
export function impossibleOutsideUnitInterval(x: tf.Tensor, logProb: tf.Tensor): tf.Tensor {
  return impossibleOutside(() => tf.logicalAnd(tf.greaterEqual(x, 0), tf.lessEqual(x, 1)), logProb);
}

/**
 * Tails within a support: at its lower end and below all of the mass lies above, at its upper end and beyond below, with gradient 0.
 * @param tails finite everywhere: of an argument that has been clamped to the support
 */
export function tailsInside(x: tf.Tensor, low: number, high: number, { below, above }: Tails): Tails {
  const at = broadcast(x, below.shape);
  const isUnder = stopGradient(() => tf.lessEqual(at, low));
  const isOver = stopGradient(() => tf.greaterEqual(at, high));
  const settled = (value: tf.Tensor, under: number, over: number) =>
    tf.where(isUnder, tf.fill(value.shape, under), tf.where(isOver, tf.fill(value.shape, over), value));
  return { below: settled(below, 0, 1), above: settled(above, 1, 0) };
}

/**
 * Quantiles of a distribution over [low, high]: the ends where no mass lies on one side, with gradient 0.
 * @param inside the quantile of two shares above 0, of the shape of both and of the batch
 */
export function quantileInside(
  below: tf.Tensor,
  above: tf.Tensor,
  batchShape: number[],
  low: number,
  high: number,
  inside: (below: tf.Tensor, above: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const { assertAndGetBroadcastShape: joint } = tf.broadcast_util;
  const shape = joint(joint(below.shape, above.shape), batchShape);
  const [left, right] = [broadcast(below, shape), broadcast(above, shape)];
  const [isLow, isHigh] = [left, right].map((share) => stopGradient(() => tf.equal(share, 0)));
  const isProper = stopGradient(() => tf.logicalAnd(tf.greater(left, 0), tf.greater(right, 0)));
  const half = tf.fill(shape, 0.5);
  const value = inside(tf.where(isProper, left, half), tf.where(isProper, right, half));
  return tf.where(isLow!, tf.fill(shape, low), tf.where(isHigh!, tf.fill(shape, high), value));
}

/** Above any number of [0, 1). */
const NEVER = 2;

/**
 * For draws by inversion: the probability of all categories before each, Σ_{j<k} pⱼ. The category that a uniform number u of [0, 1)
 * stands for is the last one whose entry u has reached. The first entry is exactly 0, so there is always one; a category of
 * probability 0 has the entry of the next one, so it is never the last. Behind the last category that is possible entries are 2:
 * the sum of all probabilities, rounded, may be less than u.
 *
 * @param probabilities sum to 1 along `axis`, to rounding
 */
export function probabilityBefore(probabilities: tf.Tensor, axis: number): tf.Tensor {
  const before = tf.cumsum(probabilities, axis, true);
  const isBehind = stopGradient(() => tf.equal(tf.cumsum(probabilities, axis, false, true), 0));
  return tf.where(isBehind, tf.fill(before.shape, NEVER), before);
}

/** log Σ eˣ along an axis; −∞, with gradient 0, where all of x are. tfjs's own gives NaN there: −∞ less their maximum, −∞. */
export function logSumExp(x: tf.Tensor, axis: number): tf.Tensor {
  const isPossible = () => tf.max(tf.cast(tf.notEqual(x, Number.NEGATIVE_INFINITY), 'float32'), axis);
  return impossibleOutside(() => tf.greater(isPossible(), 0), tf.logSumExp(tf.maximum(x, -LARGEST_FLOAT32), axis));
}
