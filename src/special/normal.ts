import * as tf from '@tensorflow/tfjs-core';
import { stopGradient, withGradient } from '../nn/tensors.ts';
import { HALF_LOG_TWO_PI, polynomial } from './elementary.ts';

const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);
/** Beyond it the tail is 0 in float32. */
const FAR = 40;
/** A sixteenth of a whole number below 256 has an exact square. */
const GRID = 16;
const LEAST = 2 ** -126;

/** Φ(x), the distribution function of the standard normal, elementwise: with a small relative error on the left. Its gradient is φ(x). */
export function ndtr(x: tf.Tensor): tf.Tensor {
  const value = (at: tf.Tensor) => {
    const tail = upperTail(tf.abs(at));
    return tf.where(tf.less(at, 0), tail, tf.sub(1, tail));
  };
  return withGradient([x], value, (dy, [at]) => [tf.mul(dy, density(at))]);
}

/**
 * Φ⁻¹, elementwise: the x with Φ(x) = below, 1 − Φ(x) = above, of which the smaller counts. −∞ and ∞ where one is 0.
 */
export function ndtri(below: tf.Tensor, above: tf.Tensor = tf.sub(1, below)): tf.Tensor {
  const [left, right] = [tailQuantile(tf.minimum(below, 0.5)), tailQuantile(tf.minimum(above, 0.5))];
  const isLeft = stopGradient(() => tf.less(below, above));
  return tf.where(isLeft, tf.neg(left), right);
}

/** φ(x). */
function density(x: tf.Tensor): tf.Tensor {
  return tf.div(tf.exp(tf.mul(tf.square(x), -0.5)), ROOT_TWO_PI);
}

/** 1 − Φ(x) for x ≥ 0. With h near x, x² = h² + (x − h)(x + h), whose first part is exact: it is large where the tail is small. */
function upperTail(x: tf.Tensor): tf.Tensor {
  const near = tf.minimum(x, FAR);
  const h = tf.div(tf.floor(tf.mul(near, GRID)), GRID);
  const rest = tf.exp(tf.mul(tf.mul(tf.sub(near, h), tf.add(near, h)), -0.5));
  return tf.mul(tf.exp(tf.mul(tf.square(h), -0.5)), tf.mul(rest, tf.div(millsRatio(near), ROOT_TWO_PI)));
}

/** The x ≥ 0 with 1 − Φ(x) = q, for q ≤ ½. */
function tailQuantile(q: tf.Tensor): tf.Tensor {
  const value = (tail: tf.Tensor) => {
    const logTail = tf.add(tf.log(tf.maximum(tail, LEAST)), HALF_LOG_TWO_PI);
    const inside = tailPoint(logTail, tf.zerosLike(logTail));
    return tf.where(tf.equal(tail, 0), tf.fill(tail.shape, Number.POSITIVE_INFINITY), inside);
  };
  return withGradient([q], value, (dy, _, x) => [tf.neg(tf.div(dy, density(x)))]);
}

/** s = (x − CENTER) / (x + CENTER) maps [0, ∞) to [−1, 1). */
const CENTER = 3.5;
const SLOPE = 1.2;
/** (1 + SLOPE x) R(x) as a polynomial in s: Chebyshev's interpolation at 400 points, cut off; its error is 5·10⁻⁹. */
const COEFFICIENTS = [
  1.3861523958780928, -0.2000970146113169, -0.06072751692535484, 0.1453480224261275, -0.10056899038860719,
  0.03199707527036087, 0.0014920780685632453, -0.0044491423776359795, 0.0003606441019356055, 0.0006107471733722037,
  -0.00005154490407790035, -0.00006675935393218424,
];

/**
 * Mills' ratio R(x) = (1 − Φ(x)) / φ(x) of the standard normal distribution for x ≥ 0, elementwise, to 2·10⁻⁷: the upper tail without the
 * factor that underflows. It falls from √(π/2), like 1/x for large x.
 *
 * The form is that of Shepherd & Laframboise, "Chebyshev approximation of (1 + 2x) exp(x²) erfc x in 0 ≤ x < ∞", 1981.
 */
export function millsRatio(x: tf.Tensor): tf.Tensor {
  const s = tf.div(tf.sub(x, CENTER), tf.add(x, CENTER));
  return tf.div(polynomial(s, COEFFICIENTS), tf.add(tf.mul(x, SLOPE), 1));
}

/** Each doubles the digits; of three the last leaves an error of 10⁻⁹ of the distance over which the tail falls. */
const STEPS = 3;

/**
 * The t ≥ 0 at which the tail beyond r + t has come down to a share: e^(−rt − t²/2) R(r + t) = e^logTail, R as {@link millsRatio}; 0 where
 * logTail is more than log R(r). Its gradient is no use: it is for those who know their own.
 *
 * By Newton's method on the logarithm, which is concave, so that every step but the first stays on one side.
 * @param r ≥ 0
 */
export function tailPoint(logTail: tf.Tensor, r: tf.Tensor): tf.Tensor {
  const start = millsRatio(r);
  const fall = tf.maximum(tf.sub(tf.log(start), logTail), 0);
  const hazard = tf.reciprocal(start);
  const root = tf.sqrt(tf.add(tf.square(hazard), tf.mul(fall, 2)));
  let t: tf.Tensor = tf.div(tf.mul(fall, 2), tf.add(hazard, root));
  for (let step = 0; step < STEPS; step++) {
    const ratio = millsRatio(tf.add(r, t));
    const gap = tf.sub(tf.sub(tf.log(ratio), tf.mul(t, tf.add(r, tf.mul(t, 0.5)))), logTail);
    t = tf.maximum(tf.add(t, tf.mul(ratio, gap)), 0);
  }
  return t;
}
