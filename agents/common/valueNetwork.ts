import * as tf from '@tensorflow/tfjs-core';
import { Mlp, Module, type Policy, type Rng } from '../../src/index.ts';

/** V(o): a network of one output, which sees observations as the policy beside it does: normalized or not, and without its mask. */
export class ValueNetwork extends Module {
  readonly network: Mlp;

  readonly #policy: Policy;

  constructor({ policy, hidden, rng }: { policy: Policy; hidden: readonly number[]; rng: Rng }) {
    super();
    this.#policy = policy;
    this.network = new Mlp({
      inputDim: policy.observationDim - policy.maskDim,
      hidden,
      outputDim: 1,
      activation: 'tanh',
      outputScale: 1,
      rng,
    });
  }

  /** `[batch, observationDim]` → `[batch]` */
  of(observations: tf.Tensor): tf.Tensor {
    return tf.squeeze(this.network.apply(this.#policy.normalized(observations)), [1]);
  }
}
