import * as tf from '@tensorflow/tfjs-core';
import type { Categorical } from '../distributions/categorical.ts';
import type { Rng } from '../random.ts';
import type { ActionDistribution, SampledAction } from './policy.ts';

/** The actions start + k of a categorical k, as columns `[batch, 1]`; the latent value is k. */
export class DiscreteActions implements ActionDistribution {
  readonly reparameterized = false;
  readonly #index: Categorical;
  readonly #start: number;

  constructor(index: Categorical, start: number) {
    this.#index = index;
    this.#start = start;
  }

  sampleWithLogProb(rng: Rng): SampledAction {
    const { sample, logProb } = this.#index.sampleWithLogProb(rng);
    const latent = tf.expandDims(sample, 1);
    return { action: this.squash(latent), latent, logProb };
  }

  logProb(latent: tf.Tensor): tf.Tensor {
    return this.#index.logProb(tf.squeeze(latent, [1]));
  }

  squash(latent: tf.Tensor): tf.Tensor {
    return tf.add(latent, this.#start);
  }

  unsquash(action: tf.Tensor): tf.Tensor {
    return tf.sub(action, this.#start);
  }

  entropy(): tf.Tensor {
    return this.#index.entropy();
  }

  mode(): tf.Tensor {
    return tf.expandDims(this.#index.mode(), 1);
  }
}
