import * as tf from '@tensorflow/tfjs-core';

/**
 * How far rows are from their targets, the mean over N critics of the size of their errors: δ = 1/N Σᵢ |Qᵢ − y|, `[batch]`. A prioritized
 * replay draws rows by it.
 *
 * @param values Q₁, …, Q_N, `[batch]` each; of a distribution of returns, its mean
 * @param targets y, `[batch]`; of a distribution, its mean
 */
export function tdErrors(values: readonly tf.Tensor[], targets: tf.Tensor): tf.Tensor {
  const sizes = values.map((value) => tf.abs(tf.sub(value, targets)));
  return tf.div(
    sizes.reduce((sum, size) => tf.add(sum, size)),
    sizes.length,
  );
}
