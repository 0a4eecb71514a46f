import * as tf from '@tensorflow/tfjs-core';

export interface ValueLossInputs {
  /** V of the function that is being improved, `[batch]`. */
  readonly value: tf.Tensor;
  /** V when the steps were made, `[batch]`. */
  readonly oldValue: tf.Tensor;
  /** R, the targets, `[batch]`. */
  readonly returns: tf.Tensor;
  /** ε_v, the largest change of a value that is rewarded; absent: any. */
  readonly clip?: number | undefined;
}

/**
 * E[(V − R)²], or with a clip E[max((V − R)², (V_old + clip(V − V_old, −ε_v, ε_v) − R)²)].
 *
 * Engstrom et al., "Implementation Matters in Deep Policy Gradients", arXiv:2005.12729.
 */
export function valueLoss({ value, oldValue, returns, clip }: ValueLossInputs): tf.Tensor {
  const plain = tf.squaredDifference(value, returns);
  if (clip === undefined) return tf.mean(plain);
  const change = tf.minimum(tf.maximum(tf.sub(value, oldValue), -clip), clip);
  return tf.mean(tf.maximum(plain, tf.squaredDifference(tf.add(oldValue, change), returns)));
}
