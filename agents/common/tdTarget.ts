import * as tf from '@tensorflow/tfjs-core';

/** What {@link tdTarget} takes of a minibatch, `[batch]` each. */
interface Outcome {
  readonly rewards: tf.Tensor;
  readonly terminations: tf.Tensor;
}

/**
 * The target of temporal-difference learning, y = r + γ (1 − terminated) V(s′), `[batch]`. An episode that a limit cut goes on in V.
 *
 * Sutton, "Learning to Predict by the Methods of Temporal Differences", 1988.
 *
 * @param nextValues V(s′), `[batch]`
 * @param gamma γ
 */
export function tdTarget({ rewards, terminations }: Outcome, nextValues: tf.Tensor, gamma: number): tf.Tensor {
  return tf.add(rewards, tf.mul(tf.mul(tf.sub(1, terminations), gamma), nextValues));
}
