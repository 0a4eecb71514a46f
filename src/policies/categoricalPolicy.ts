import * as tf from '@tensorflow/tfjs-core';
import { Categorical } from '../distributions/categorical.ts';
import type { Activation } from '../nn/activation.ts';
import { Mlp } from '../nn/mlp.ts';
import type { Rng } from '../random.ts';
import type { DiscreteSpace } from './discreteSpace.ts';
import { type ActionDistribution, Policy, type SampledAction } from './policy.ts';

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
 *
 * To a learner of values, as DQN, the logits are the values Q(o, ·): the greedy action is then the one of the largest value.
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

/** The actions start + k of a categorical k, as columns. */
class DiscreteActions implements ActionDistribution {
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
