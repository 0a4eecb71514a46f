import * as tf from '@tensorflow/tfjs-core';
import { inverseSum } from './digamma.ts';
import { HALF_LOG_TWO_PI } from './halfLogTwoPi.ts';
import { digammaCorrection, RAISED, stirlingCorrection } from './stirling.ts';

/**
 * log B(a, b) = log Γ(a) + log Γ(b) − log Γ(a + b) for a, b > 0, elementwise, without the cancellation of that sum: see
 * {@link raisedBeta}.
 */
export function lbeta(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const { up, down, logOdds, rest } = raisedBeta(a, b);
  return tf.sub(rest, tf.add(tf.mul(up, logOdds[0]), tf.mul(down, logOdds[1])));
}

/** ψ(a + b) − ψ(a) and ψ(a + b) − ψ(b), for a, b > 0, without the cancellation of those differences. */
export function digammaGaps(a: tf.Tensor, b: tf.Tensor): [tf.Tensor, tf.Tensor] {
  const { up, down, logOdds } = raisedBeta(a, b);
  const small = digammaRests(a, b, up, down);
  return [tf.add(logOdds[0], small[0]), tf.add(logOdds[1], small[1])];
}

/** The gaps of {@link digammaGaps} without their logarithms log(1 + down/up) and log(1 + up/down). */
export function digammaRests(a: tf.Tensor, b: tf.Tensor, up: tf.Tensor, down: tf.Tensor): [tf.Tensor, tf.Tensor] {
  const total = tf.sub(digammaCorrection(tf.add(up, down)), inverseSum(tf.add(a, b), 2 * RAISED));
  const rest = (x: tf.Tensor, y: tf.Tensor) => tf.add(total, tf.sub(inverseSum(x, RAISED), digammaCorrection(y)));
  return [rest(a, up), rest(b, down)];
}

/**
 * The parts of log B(a, b). With up = a + 4, down = b + 4, by the recurrence and Stirling's series
 *
 *     log B(a, b) = rest − up · log(1 + down/up) − down · log(1 + up/down)
 *     rest = ½ log 2π + ½ log(1/up + 1/down) + series + log Π_{k<4} (a+b+2k)(a+b+2k+1) / ((a+k)(b+k))
 *
 * where only the logarithms grow with a and b: what is to be added to them can be joined with them first.
 */
export function raisedBeta(a: tf.Tensor, b: tf.Tensor) {
  const [up, down, sum] = [tf.add(a, RAISED), tf.add(b, RAISED), tf.add(a, b)];
  const logOdds = [tf.log1p(tf.div(down, up)), tf.log1p(tf.div(up, down))] as const;
  const series = tf.sub(tf.add(stirlingCorrection(up), stirlingCorrection(down)), stirlingCorrection(tf.add(up, down)));
  const logs = Array.from({ length: RAISED }, (_, k) => {
    const first = tf.div(tf.add(sum, 2 * k), tf.add(a, k));
    const second = tf.div(tf.add(sum, 2 * k + 1), tf.add(b, k));
    return tf.add(tf.log(first), tf.log(second));
  });
  const root = tf.mul(tf.log(tf.add(tf.reciprocal(up), tf.reciprocal(down))), 0.5);
  const small = tf.add(tf.add(root, series), HALF_LOG_TWO_PI);
  return { up, down, logOdds, rest: logs.reduce((total, each) => tf.add(total, each), small) };
}
