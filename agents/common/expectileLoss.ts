import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../../src/nn/stopGradient.ts';

/**
 * E[|τ − 1(u < 0)| u²] of errors u = x − v: least where v is the τ-expectile of x. With τ = ½ that is half of the mean of squares; the nearer
 * τ is to 1, the nearer v comes to the greatest x.
 *
 * Newey and Powell, "Asymmetric Least Squares Estimation and Testing", 1987.
 * @param errors u, `[batch]`
 */
export function expectileLoss(errors: tf.Tensor, expectile: number): tf.Tensor {
  const weights = stopGradient(() => tf.abs(tf.sub(expectile, tf.cast(tf.less(errors, 0), 'float32'))));
  return tf.mean(tf.mul(weights, tf.square(errors)));
}
