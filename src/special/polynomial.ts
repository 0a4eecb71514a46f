import * as tf from '@tensorflow/tfjs-core';

/** Σ cₖ xᵏ, by Horner's rule. */
export function polynomial(x: tf.Tensor, coefficients: readonly number[]): tf.Tensor {
  const [last, ...others] = coefficients.toReversed() as [number, ...number[]];
  return others.reduce<tf.Tensor>((sum, c) => tf.add(tf.mul(sum, x), c), tf.fill(x.shape, last));
}
