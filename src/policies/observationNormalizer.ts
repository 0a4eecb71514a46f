import * as tf from '@tensorflow/tfjs-core';
import { Module } from '../module.ts';

const EPSILON = 1e-8;

/** Moments of the observations so far. */
export interface ObservationMoments {
  /** `[observationDim]` */
  readonly mean: ArrayLike<number>;
  /** `[observationDim]` */
  readonly variance: ArrayLike<number>;
  readonly count: number;
}

/**
 * Brings observations to mean 0 and variance 1: clip((o − mean) / √(variance + 1e-8), ±clip). Until it is told moments, mean 0 and
 * variance 1.
 *
 * The moments are variables that no gradient changes, so that they are saved and exported with the policy; who trains it tells it
 * new ones.
 */
export class ObservationNormalizer extends Module {
  readonly mean: tf.Variable;
  readonly variance: tf.Variable;
  readonly count: tf.Variable;
  readonly #clip: number;

  /** @throws if `clip` is no positive number */
  constructor({ observationDim, clip }: { observationDim: number; clip: number }) {
    super();
    if (!(clip > 0 && clip < Number.POSITIVE_INFINITY)) {
      throw new Error(`ObservationNormalizer: clip: got ${clip}, expected a number > 0`);
    }
    this.#clip = clip;
    const variable = (value: tf.Tensor) => tf.variable(value, false);
    this.mean = tf.tidy(() => variable(tf.zeros([observationDim])));
    this.variance = tf.tidy(() => variable(tf.ones([observationDim])));
    this.count = tf.tidy(() => variable(tf.scalar(0)));
  }

  /** `[batch, observationDim]` → the same shape */
  normalize(observations: tf.Tensor): tf.Tensor {
    const scaled = tf.div(tf.sub(observations, this.mean), tf.sqrt(tf.add(this.variance, EPSILON)));
    return tf.minimum(tf.maximum(scaled, -this.#clip), this.#clip);
  }

  moments(): ObservationMoments {
    return { mean: this.mean.dataSync(), variance: this.variance.dataSync(), count: this.count.dataSync()[0]! };
  }

  /** Takes new moments. */
  setMoments({ mean, variance, count }: ObservationMoments): void {
    tf.tidy(() => {
      this.mean.assign(tf.tensor1d(Float32Array.from(mean)));
      this.variance.assign(tf.tensor1d(Float32Array.from(variance)));
      this.count.assign(tf.scalar(count));
    });
  }
}
