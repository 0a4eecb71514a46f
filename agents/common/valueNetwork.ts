import * as tf from '@tensorflow/tfjs-core';
import { type Activation, Mlp, Module, type ObservationEncoder, type Policy, type Rng } from '../../src/index.ts';

/**
 * V(o): a network of one output, which sees observations as the policy beside it does: normalized or not, without its mask, and images
 * through an encoder of the same form.
 */
export class ValueNetwork extends Module {
  readonly network: Mlp;
  /** Its own encoder of observations; undefined where the policy has none. */
  readonly encoder: ObservationEncoder | undefined;
  readonly #policy: Policy;

  constructor({
    policy,
    hidden,
    activation = 'tanh',
    rng,
  }: {
    policy: Policy;
    hidden: readonly number[];
    /** `tanh` by default */
    activation?: Activation;
    rng: Rng;
  }) {
    super();
    this.#policy = policy;
    this.encoder = policy.encoder?.another(rng.split('encoder'));
    this.network = new Mlp({
      inputDim: this.encoder?.featureDim ?? policy.observationDim - policy.maskDim,
      hidden,
      outputDim: 1,
      activation,
      outputScale: 1,
      rng,
    });
  }

  /** `[batch, observationDim]` → `[batch]` */
  of(observations: tf.Tensor): tf.Tensor {
    const seen = this.#policy.normalized(observations);
    return tf.squeeze(this.network.apply(this.encoder?.apply(seen) ?? seen), [1]);
  }
}
