import * as tf from '@tensorflow/tfjs-core';

/** What {@link tdTarget} takes of a minibatch, `[batch]` each. */
interface Outcome {
  readonly rewards: tf.Tensor;
  readonly terminations: tf.Tensor;
  readonly discounts: tf.Tensor;
}

/**
 * The target of temporal-difference learning, y = r + γ (1 − terminated) V(s′), `[batch]`, where γ is each row's discount. An episode that a
 * limit cut goes on in V.
 *
 * With n steps it is y = r₀ + γ r₁ + … + γⁿ⁻¹ rₙ₋₁ + γⁿ (1 − terminated) V(sₙ).
 *
 * Sutton, "Learning to Predict by the Methods of Temporal Differences", 1988.
 *
 * @param nextValues V(s′), `[batch]`, or `[batch, …]` for several values of each
 */
export function tdTarget({ rewards, terminations, discounts }: Outcome, nextValues: tf.Tensor): tf.Tensor {
  const [batch] = nextValues.shape;
  const ofRows = (column: tf.Tensor) => tf.reshape(column, [batch!, ...nextValues.shape.slice(1).fill(1)]);
  return tf.add(ofRows(rewards), tf.mul(ofRows(tf.mul(tf.sub(1, terminations), discounts)), nextValues));
}
