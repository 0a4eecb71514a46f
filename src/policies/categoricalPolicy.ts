import type * as tf from '@tensorflow/tfjs-core';
import { Categorical } from '../distributions/categorical.ts';
import type { Activation } from '../nn/activation.ts';
import { Mlp } from '../nn/mlp.ts';
import type { Rng } from '../random.ts';
import { DiscreteActions } from './discreteActions.ts';
import type { DiscreteSpace } from './discreteSpace.ts';
import { Policy } from './policy.ts';

/** Options of {@link CategoricalPolicy}. */
export interface CategoricalPolicyOptions {
  readonly observationDim: number;
  readonly actionSpace: DiscreteSpace;
  /** Widths of the hidden layers. */
  readonly hidden?: readonly number[];
  readonly activation?: Activation | undefined;
  /** Gain of the last layer: small, so that actions are about equally probable at first. */
  readonly outputScale?: number;
  readonly rng: Rng;
}

/**
 * One of n discrete actions: P(start + k | o) = softmax(f(o))ₖ with a network f. The latent value is k, the index; both are
 * `[batch, 1]`.
 */
export class CategoricalPolicy extends Policy {
  readonly observationDim: number;
  readonly actionDim = 1;
  override readonly discreteActions: DiscreteSpace;
  readonly network: Mlp;

  constructor(options: CategoricalPolicyOptions) {
    super();
    const { observationDim, actionSpace, hidden = [64, 64], activation = 'tanh', outputScale = 0.01, rng } = options;
    this.observationDim = observationDim;
    this.discreteActions = actionSpace;
    this.network = new Mlp({
      inputDim: observationDim,
      hidden,
      outputDim: actionSpace.n,
      activation,
      outputScale,
      rng,
    });
  }

  /** f(o): `[batch, observationDim]` → `[batch, n]` */
  logits(observations: tf.Tensor): tf.Tensor {
    return this.network.apply(this.checked(observations));
  }

  given(observations: tf.Tensor): DiscreteActions {
    return new DiscreteActions(new Categorical({ logits: this.logits(observations) }), this.discreteActions.start);
  }
}
