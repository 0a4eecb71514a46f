import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../nn/tensors.ts';
import { portableMath } from '../portableMath.ts';
import { polynomial } from './elementary.ts';

/** Below it the power series is used, above it the asymptotic one. */
const JOINT = 12;
const LOG_TWO_PI = portableMath.log(2 * Math.PI);

/** (x²/4)ᵏ / (k! (k + order)!): I_order(x) = (x/2)^order Σ of them. */
const powerSeries = (order: 0 | 1): number[] => {
  const coefficients = [1];
  for (let k = 1; k <= 22; k++) coefficients.push(coefficients[k - 1]! / (k * (k + order)));
  return coefficients;
};

/** The coefficients of x⁻ᵏ in √(2πx) e⁻ˣ I_order(x): Π_{j≤k} ((2j − 1)² − 4·order²) / (8 j). */
const asymptoticSeries = (order: 0 | 1): number[] => {
  const coefficients = [1];
  for (let k = 1; k <= 8; k++)
    coefficients.push((coefficients[k - 1]! * ((2 * k - 1) * (2 * k - 1) - 4 * order)) / (8 * k));
  return coefficients;
};

const POWER = [powerSeries(0), powerSeries(1)] as const;
const ASYMPTOTIC = [asymptoticSeries(0), asymptoticSeries(1)] as const;
/** The series of the numerator of 1 − I₁/I₀, whose leading terms cancel. */
const ASYMPTOTIC_GAP = ASYMPTOTIC[0].map((coefficient, k) => coefficient - ASYMPTOTIC[1][k]!).slice(1);

/** log(e⁻ˣ I₀(x)) for x ≥ 0, elementwise, I₀ the modified Bessel function of order 0. */
export function logBesselI0e(x: tf.Tensor): tf.Tensor {
  const { near, far, inverse, isNear } = ranges(x);
  const below = tf.sub(tf.log(polynomial(tf.mul(tf.square(near), 0.25), POWER[0])), near);
  const above = tf.sub(tf.log(polynomial(inverse, ASYMPTOTIC[0])), tf.mul(tf.add(tf.log(far), LOG_TWO_PI), 0.5));
  return tf.where(isNear, below, above);
}

/** 1 − I₁(x)/I₀(x) for x ≥ 0, elementwise: the circular variance of a von Mises distribution of concentration x. */
export function besselGap(x: tf.Tensor): tf.Tensor {
  const { near, inverse, isNear } = ranges(x);
  const square = tf.mul(tf.square(near), 0.25);
  const ratio = tf.div(tf.mul(tf.mul(near, 0.5), polynomial(square, POWER[1])), polynomial(square, POWER[0]));
  const above = tf.div(tf.mul(inverse, polynomial(inverse, ASYMPTOTIC_GAP)), polynomial(inverse, ASYMPTOTIC[0]));
  return tf.where(isNear, tf.sub(1, ratio), above);
}

/** Both ranges' arguments, each clamped to its own, so that no NaN comes from the one that is not used. */
function ranges(x: tf.Tensor) {
  const far = tf.maximum(x, JOINT);
  return {
    near: tf.minimum(x, JOINT),
    far,
    inverse: tf.reciprocal(far),
    isNear: stopGradient(() => tf.less(x, JOINT)),
  };
}
