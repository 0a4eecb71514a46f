import * as tf from '@tensorflow/tfjs-core';
import { type Bijector, sumLogDet } from '../bijectors/bijector.ts';
import { Identity } from '../bijectors/elementwise.ts';
import { Mlp } from '../nn/mlp.ts';
import { positiveInteger } from '../nn/sizes.ts';
import { ActionSamples } from './actionDistributions.ts';
import { checkSquash } from './boxScale.ts';
import { type NetworkPolicyOptions, Policy } from './policy.ts';

/** Options of {@link ImplicitPolicy}. */
export interface ImplicitPolicyOptions extends NetworkPolicyOptions {
  readonly actionDim: number;
  /** How many numbers of noise the network sees; as many as an action has by default. */
  readonly noiseDim?: number;
  /** Latent → action; none by default. */
  readonly squash?: Bijector;
}

/**
 * action = squash(f(o, ξ)), ξ ~ N(0, I), with a network f: samples of any shape, and no density. It is for agents that need none, as soft
 * Q-learning, whose density is that of its energy.
 */
export class ImplicitPolicy extends Policy<Float32Array, ActionSamples> {
  readonly featureDim: number;
  readonly actionDim: number;
  readonly noiseDim: number;
  readonly network: Mlp;
  readonly bijector: Bijector;

  /** @throws if a dimension is no positive integer, or the squash is of another size than the actions */
  constructor(options: ImplicitPolicyOptions) {
    super();
    const { observationDim, actionDim, noiseDim = actionDim, hidden = [64, 64], activation, rng } = options;
    const { squash = new Identity() } = options;
    checkSquash('ImplicitPolicy', squash, actionDim);
    this.featureDim = observationDim;
    this.actionDim = actionDim;
    this.noiseDim = positiveInteger('ImplicitPolicy', 'noiseDim', noiseDim);
    this.network = new Mlp({ inputDim: observationDim + noiseDim, hidden, outputDim: actionDim, activation, rng });
    this.bijector = squash;
  }

  protected distribution(features: tf.Tensor): ActionSamples {
    return new ActionSamples({
      owner: 'ImplicitPolicy',
      reparameterized: true,
      draw: (rng) => this.#latent(features, rng.normalTensor([features.shape[0]!, this.noiseDim])),
      squash: (latent) => this.bijector.forward(latent),
      squashLogDet: (latent) => sumLogDet(this.bijector.forwardLogDet(latent), this.bijector.eventNdims, 1),
      unsquash: (action) => this.bijector.inverse(action),
    });
  }

  /**
   * The latent value of given noise: what a sample is, with its noise given.
   * @param observations `[batch, observationDim]`
   * @param noise `[batch, noiseDim]`
   * @returns `[batch, actionDim]`
   */
  carried(observations: tf.Tensor, noise: tf.Tensor): tf.Tensor {
    return this.#latent(this.features(observations), noise);
  }

  #latent(seen: tf.Tensor, noise: tf.Tensor): tf.Tensor {
    return this.network.apply(tf.concat([seen, noise], 1));
  }
}
