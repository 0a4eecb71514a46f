import * as tf from '@tensorflow/tfjs-core';
import { polynomial } from './polynomial.ts';

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
