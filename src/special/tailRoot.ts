import * as tf from '@tensorflow/tfjs-core';

/** A log-concave tail at distances s ≥ 0 from the mean, elementwise. */
export interface LogTail {
  /** log F, of what lies beyond s */
  readonly logTail: tf.Tensor;
  /** F/q, q the density of s: −1/(log F)′ */
  readonly mass: tf.Tensor;
  /** −(log q)′ ≥ 0 */
  readonly fall: tf.Tensor;
}

/** Four leave a relative error of 2·10⁻¹⁰ in each of 12,836 tails from 10⁻³⁸ to 0.999, of concentrations from 10⁻³ to 10⁶. */
const STEPS = 5;
const LEAST = 1e-30;

/**
 * The distance s > 0 from the mean beyond which e⁻ʸ lies, in the log-odds of a beta distribution, by Halley's method on log F, which is
 * concave in s. It begins where the Gaussian or the exponential tail of these concentrations would end.
 *
 * @param y −log of the tail
 * @param perOwn 1/a of the side's own concentration, and `perOther` that of the other; 0 of one that is infinite: a gamma distribution
 */
export function tailRoot(
  tail: (s: tf.Tensor) => LogTail,
  y: tf.Tensor,
  perOwn: tf.Tensor,
  perOther: tf.Tensor,
): tf.Tensor {
  const gaussian = tf.sqrt(tf.mul(tf.mul(y, 2), tf.add(perOwn, perOther)));
  const share = tf.mul(y, perOther);
  const exponential = tf.add(tf.log1p(tf.add(tf.sqrt(tf.mul(share, 2)), share)), tf.mul(y, perOwn));
  let s = tf.maximum(tf.minimum(gaussian, exponential), LEAST);
  for (let step = 0; step < STEPS; step++) {
    const { logTail, mass, fall } = tail(s);
    const excess = tf.add(logTail, y);
    const bend = tf.sub(1, tf.mul(tf.mul(excess, tf.sub(tf.mul(fall, mass), 1)), 0.5));
    s = tf.maximum(tf.add(s, tf.div(tf.mul(excess, mass), tf.clipByValue(bend, 0.3, 8))), LEAST);
  }
  return s;
}
