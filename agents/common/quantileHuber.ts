import * as tf from '@tensorflow/tfjs-core';

export interface QuantileHuberInputs {
  /** θ, `[batch, n]`. */
  readonly quantiles: tf.Tensor;
  /** τ, which quantiles they are, in (0, 1): `[n]`, or `[batch, n]`. */
  readonly fractions: tf.Tensor;
  /** y, atoms of the distribution that is to be learned, `[batch, m]`. No gradient flows into them. */
  readonly targets: tf.Tensor;
  /** w, the mass of each atom, `[batch, m]`, a row of which adds up to 1; all have the same unless it is given. */
  readonly weights?: tf.Tensor | undefined;
}

/**
 * The loss of quantile regression, smooth near 0, for each quantile: Lᵢ = Σⱼ wⱼ |τᵢ − 1{yⱼ < θᵢ}| huber(yⱼ − θᵢ), `[batch, n]`.
 * Its minimum by θᵢ is near the τᵢ-quantile of the atoms; with a loss that is linear everywhere it would be there.
 *
 * Dabney et al., "Distributional Reinforcement Learning with Quantile Regression", arXiv:1710.10044.
 */
export function quantileHuber({ quantiles, fractions, targets, weights }: QuantileHuberInputs): tf.Tensor {
  const mean = (values: tf.Tensor) =>
    weights === undefined ? tf.mean(values, -1) : tf.sum(tf.mul(tf.expandDims(weights, -2), values), -1);
  return tf.customGrad((theta, save) => {
    const errors = tf.sub(tf.expandDims(targets, -2), tf.expandDims(theta as tf.Tensor, -1));
    const within = tf.clipByValue(errors, -1, 1);
    const tau = tf.expandDims(fractions, -1);
    const slopes = tf.where(tf.less(errors, 0), tf.sub(1, tau), tau);
    const sloped = tf.mul(slopes, within);
    // ∂Lᵢ/∂θᵢ = −Σⱼ wⱼ slopeⱼ clip(yⱼ − θᵢ, −1, 1), summed at once: the tape would hold several numbers for each pair.
    (save as tf.GradSaveFunc)([tf.neg(mean(sloped))]);
    return {
      // huber(e) = m (e − m/2) with m = clip(e, −1, 1): each operation here is one for every pair.
      value: mean(tf.mul(sloped, tf.sub(errors, tf.mul(0.5, within)))),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.mul(dy, saved!),
    };
  })(quantiles);
}
