import type * as tf from '@tensorflow/tfjs-core';
import { Categorical } from '../distributions/categorical.ts';
import type { Activation } from '../nn/activation.ts';
import { Mlp } from '../nn/mlp.ts';
import type { Rng } from '../random.ts';
import { DiscreteActions } from './discreteActions.ts';
import type { DiscreteSpace } from './discreteSpace.ts';
import { maskedLogits, maskOf } from './maskedLogits.ts';
import { Policy } from './policy.ts';

/** Options of {@link CategoricalPolicy}. */
export interface CategoricalPolicyOptions {
  /** Without the mask. */
  readonly observationDim: number;
  readonly actionSpace: DiscreteSpace;
  /** Whether n numbers at the end of each observation say which actions are allowed: the others then have probability 0; false. */
  readonly actionMask?: boolean | undefined;
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
 *
 * With an action mask the softmax is over the actions that are allowed: see {@link maskedLogits}.
 */
export class CategoricalPolicy extends Policy<number> {
  readonly observationDim: number;
  readonly actionDim = 1;
  override readonly discreteActions: DiscreteSpace;
  override readonly maskDim: number;
  readonly network: Mlp;

  constructor(options: CategoricalPolicyOptions) {
    super();
    const { observationDim, actionSpace, actionMask = false, hidden = [64, 64], rng } = options;
    const { activation = 'tanh', outputScale = 0.01 } = options;
    this.maskDim = actionMask ? actionSpace.n : 0;
    this.observationDim = observationDim + this.maskDim;
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

  /** f(o), of all actions: `[batch, observationDim]` → `[batch, n]` */
  logits(observations: tf.Tensor): tf.Tensor {
    return this.network.apply(this.checked(observations));
  }

  /** Logits or values of the actions, −∞ where the observations do not allow one: `[batch, n]` → the same. */
  masked(logits: tf.Tensor, observations: tf.Tensor): tf.Tensor {
    return this.maskDim === 0 ? logits : maskedLogits(logits, maskOf(observations, this.maskDim));
  }

  given(observations: tf.Tensor): DiscreteActions {
    const logits = this.masked(this.logits(observations), observations);
    return new DiscreteActions(new Categorical({ logits }), this.discreteActions.start);
  }
}
