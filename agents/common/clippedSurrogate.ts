import * as tf from '@tensorflow/tfjs-core';

export interface SurrogateInputs {
  /** log π(a | o) of the policy that is being improved, `[batch]`. */
  readonly logProb: tf.Tensor;
  /** log π(a | o) of the policy that acted, `[batch]`. */
  readonly oldLogProb: tf.Tensor;
  readonly advantages: tf.Tensor;
  /** ε, a scalar. */
  readonly clip: tf.Tensor;
}

/**
 * PPO's policy loss, −E[min(ρ A, clip(ρ, 1 − ε, 1 + ε) A)] with ρ = π / π_old, and what is reported of it:
 * the low-variance estimate E[(ρ − 1) − log ρ] of KL(π_old ‖ π), the share of samples with |ρ − 1| > ε, and the largest ρ.
 *
 * Schulman et al., arXiv:1707.06347, equation 7; Schulman, "Approximating KL divergence", 2020.
 */
export function clippedSurrogate({ logProb, oldLogProb, advantages, clip }: SurrogateInputs): {
  policyLoss: tf.Tensor;
  approxKl: tf.Tensor;
  clipFraction: tf.Tensor;
  largestRatio: tf.Tensor;
} {
  const logRatio = tf.sub(logProb, oldLogProb);
  const ratio = tf.exp(logRatio);
  const clipped = tf.minimum(tf.maximum(ratio, tf.sub(1, clip)), tf.add(1, clip));
  const surrogate = tf.minimum(tf.mul(ratio, advantages), tf.mul(clipped, advantages));
  return {
    policyLoss: tf.neg(tf.mean(surrogate)),
    approxKl: tf.mean(tf.sub(tf.sub(ratio, 1), logRatio)),
    clipFraction: tf.mean(tf.cast(tf.greater(tf.abs(tf.sub(ratio, 1)), clip), 'float32')),
    largestRatio: tf.max(ratio),
  };
}

/** (x − mean) / (std + 1e-8) over all entries, std with the sample's n − 1; a single entry, which has no std, stays as it is. */
export function standardized(x: tf.Tensor): tf.Tensor {
  if (x.size === 1) return x;
  const centered = tf.sub(x, tf.mean(x));
  const variance = tf.div(tf.sum(tf.square(centered)), x.size - 1);
  return tf.div(centered, tf.add(tf.sqrt(variance), 1e-8));
}
