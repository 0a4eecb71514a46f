import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../../nn/positiveInteger.ts';
import { ShiftScale } from './shiftScale.ts';

/** Data that do not vary at all get this standard deviation. */
const LEAST = 1e-6;

/**
 * y = shift + exp(logScale) x with a variable of each for each entry, which {@link initialize} sets by data so that their inverse has
 * mean 0 and standard deviation 1; from then on they are learned like any other. The identity at first.
 *
 * Kingma & Dhariwal, "Glow: Generative Flow with Invertible 1×1 Convolutions", arXiv:1807.03039, section 3.1.
 */
export class ActNorm extends ShiftScale {
  /** @throws if `dim` is no positive integer */
  constructor(dim: number) {
    positiveInteger('ActNorm', 'dim', dim);
    const variable = () => tf.tidy(() => tf.variable(tf.zeros([dim]), true));
    super({ shift: variable(), logScale: variable() });
  }

  /**
   * Sets shift and scale to mean and standard deviation of data, as they arrive here: on the data's side.
   * @param y `[..., dim]`
   * @throws if it does not fit
   */
  initialize(y: tf.Tensor): void {
    this.check(y, 'inverse');
    tf.tidy(() => {
      const { mean, variance } = tf.moments(tf.reshape(y, [-1, this.dim!]), 0);
      (this.shift as tf.Variable).assign(mean);
      (this.logScale as tf.Variable).assign(tf.log(tf.maximum(tf.sqrt(variance), LEAST)));
    });
  }
}
