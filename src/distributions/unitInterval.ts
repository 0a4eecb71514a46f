import * as tf from '@tensorflow/tfjs-core';
import { impossibleOutside } from './impossibleOutside.ts';

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
