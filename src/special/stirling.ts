import * as tf from '@tensorflow/tfjs-core';
import { polynomial } from './polynomial.ts';

/** Arguments are raised by this much, by the recurrence, before an asymptotic series is used. */
export const RAISED = 4;

/** log Γ(y) − (y − ½) log y + y − ½ log 2π for y ≥ 4, by Stirling's series: to 5·10⁻¹⁰. */
export function stirlingCorrection(y: tf.Tensor): tf.Tensor {
  return tf.mul(inEvenPowers(y, [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188]), tf.reciprocal(y));
}

/** ψ(y) − log y for y ≥ 4, by the derivative of Stirling's series: to 10⁻⁸. */
export function digammaCorrection(y: tf.Tensor): tf.Tensor {
  const inverse = tf.reciprocal(y);
  const series = inEvenPowers(y, [-1 / 12, 1 / 120, -1 / 252, 1 / 240]);
  return tf.mul(inverse, tf.sub(tf.mul(series, inverse), 0.5));
}

/** Σ cₖ y^(−2k). */
function inEvenPowers(y: tf.Tensor, coefficients: readonly number[]): tf.Tensor {
  return polynomial(tf.square(tf.reciprocal(y)), coefficients);
}
