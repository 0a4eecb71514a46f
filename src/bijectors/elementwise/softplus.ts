import * as tf from '@tensorflow/tfjs-core';
import { Bijector, type WithLogDet } from '../bijector.ts';

const LOWEST = 2 ** -120;

/**
 * y = log(1 + eˣ), log-determinant log σ(x) = −softplus(−x).
 *
 * Inverse x = y + ℓ with ℓ = log(1 − e⁻ʸ) and log-determinant −ℓ. ℓ is computed as log(2τ / (1 + τ)), τ = tanh(y / 2), which
 * does not cancel for small y. y is clamped to at least 2⁻¹²⁰ (x = −83), with gradient 0 below.
 */
export class Softplus extends Bijector {
  readonly eventNdims = 0;

  override monotonicity(): 1 {
    return 1;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return [tf.softplus(x), tf.neg(tf.softplus(tf.neg(x)))];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const positive = tf.maximum(y, LOWEST);
    const half = tf.tanh(tf.mul(positive, 0.5));
    const log = tf.log(tf.div(tf.mul(half, 2), tf.add(half, 1)));
    return [tf.add(positive, log), tf.neg(log)];
  }
}
