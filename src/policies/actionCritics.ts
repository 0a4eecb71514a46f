import * as tf from '@tensorflow/tfjs-core';
import { CriticNetworks, type CriticNetworksOptions } from './criticNetworks.ts';

/** Independent networks Q₁(o, a), …, Q_N(o, a), each of one value. */
export class ActionCritics extends CriticNetworks {
  constructor(options: CriticNetworksOptions) {
    super(options, 1);
  }

  /** `[batch, observationDim]` and `[batch, actionDim]` → Q₁, …, Q_N, `[batch]` each. */
  of(observations: tf.Tensor, actions: tf.Tensor): tf.Tensor[] {
    return this.outputs(observations, actions).map((output) => tf.squeeze(output, [1]));
  }

  /** minᵢ Qᵢ, `[batch]` */
  least(observations: tf.Tensor, actions: tf.Tensor): tf.Tensor {
    return this.of(observations, actions).reduce((least, q) => tf.minimum(least, q));
  }
}
