import * as tf from '@tensorflow/tfjs-core';
import { digammaCorrection, RAISED } from './stirling.ts';

/**
 * ψ(x) = d/dx log Γ(x) for x > 0, elementwise. With y = x + 4:
 *
 *     ψ(x) = log y − 1/(2 y) − 1/(12 y²) + … − Σ_{k<4} 1/(x + k)
 */
export function digamma(x: tf.Tensor): tf.Tensor {
  const y = tf.add(x, RAISED);
  return tf.sub(tf.add(tf.log(y), digammaCorrection(y)), inverseSum(x, RAISED));
}

/** Σ_{k<count} 1/(x + k). */
export function inverseSum(x: tf.Tensor, count: number): tf.Tensor {
  return Array.from({ length: count }, (_, k) => tf.reciprocal(tf.add(x, k))).reduce((sum, each) => tf.add(sum, each));
}
