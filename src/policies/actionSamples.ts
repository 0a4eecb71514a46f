import type * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../random.ts';
import type { ActionDistribution, ActionSample } from './policy.ts';

/** What {@link ActionSamples} are made of; as those of {@link ActionDistribution}. */
export interface ActionSamplesOptions
  extends Pick<ActionDistribution, 'reparameterized' | 'angles' | 'squash' | 'squashLogDet' | 'unsquash'> {
  /** Whose they are, as errors name it: `ImplicitPolicy`. */
  readonly owner: string;
  /** One latent value for each observation, `[batch, actionDim]`. */
  readonly draw: (rng: Rng) => tf.Tensor;
}

/** π(· | observations) of a policy that has samples and no density: whoever asks for a log-probability gets an error that says so. */
export class ActionSamples implements ActionDistribution {
  readonly reparameterized: boolean;
  readonly angles: boolean;
  readonly squash: (latent: tf.Tensor) => tf.Tensor;
  readonly squashLogDet?: (latent: tf.Tensor) => tf.Tensor;
  readonly unsquash: (action: tf.Tensor) => tf.Tensor;
  readonly #owner: string;
  readonly #draw: (rng: Rng) => tf.Tensor;

  constructor({ owner, draw, reparameterized, angles = false, squash, squashLogDet, unsquash }: ActionSamplesOptions) {
    this.#owner = owner;
    this.#draw = draw;
    this.reparameterized = reparameterized;
    this.angles = angles;
    this.squash = squash;
    if (squashLogDet !== undefined) this.squashLogDet = squashLogDet;
    this.unsquash = unsquash;
  }

  sample(rng: Rng): ActionSample {
    const latent = this.#draw(rng);
    return { action: this.squash(latent), latent };
  }

  sampleWithLogProb(): never {
    throw new Error(`${this.#owner}: sampleWithLogProb: it has samples and no density, take sample`);
  }

  logProb(): never {
    throw new Error(`${this.#owner}: logProb: it has samples and no density`);
  }
}
