import * as tf from '@tensorflow/tfjs-core';
import { Categorical } from '../distributions/categorical.ts';
import { splineQuantileParameters, splineQuantiles } from '../distributions/splineQuantiles.ts';
import { QNetwork } from '../nn/mlp.ts';
import { stopGradient } from '../nn/tensors.ts';
import { portableMath } from '../portableMath.ts';
import type { DiscreteSpace } from '../spaces/plain.ts';
import type { Acting } from './acting.ts';
import { DiscreteActions } from './actionDistributions.ts';
import { allowedChoices, type CategoricalPolicyOptions, maskedLogits } from './categoricalPolicy.ts';
import { maskOf, type Past, Policy } from './policy.ts';

/**
 * ε-greedy actions by values Q(o, ·) of n discrete actions. With k* = argmax Q(o, ·), the first of several that are equal,
 *
 *     P(start + k | o) = 1 − ε + ε/n for k = k*,  ε/n for any other.
 *
 * The latent value is the index k; both are `[batch, 1]`. The probabilities are piecewise constant, so their gradient by the
 * variables is 0 wherever there is one: such a policy is trained by what learns its values, as DQN, and not by policy gradients. With
 * ε = 0 another action than k* is never taken, and its log-probability is float32's least number.
 *
 * With an action mask k* is the best of the m actions that are allowed; they have ε/m each beside it, and the others probability 0.
 *
 * Sutton and Barto, "Reinforcement Learning: An Introduction", 2nd edition, 2018, section 2.2.
 */
export abstract class EpsilonGreedyPolicy extends Policy<number, DiscreteActions> {
  readonly actionDim = 1;
  override readonly discreteActions: DiscreteSpace;
  override readonly maskDim: number;
  /** ε, the probability of a uniform action. */
  readonly epsilon: number;

  /** @throws if ε is not in [0, 1) */
  constructor(options: { actionSpace: DiscreteSpace; epsilon?: number; actionMask?: boolean | undefined }) {
    super();
    const { actionSpace, epsilon = 0.05, actionMask = false } = options;
    if (!(epsilon >= 0 && epsilon < 1)) {
      throw new Error(`${new.target.name}: epsilon: got ${epsilon}, expected a number in [0, 1)`);
    }
    this.discreteActions = actionSpace;
    this.epsilon = epsilon;
    this.maskDim = actionMask ? actionSpace.n : 0;
  }

  /** Q(o, ·): `[batch, featureDim]` → `[batch, n]` */
  protected abstract valuesAt(features: tf.Tensor): tf.Tensor;

  /** Q(o, ·): `[batch, observationDim]` → `[batch, n]`; with a memory of what {@link Policy.unroll} takes. */
  values(observations: tf.Tensor, past?: Past): tf.Tensor {
    return this.valuesAt(this.features(observations, past));
  }

  /** Values of the actions, −∞ where the observations do not allow one: `[batch, n]` → the same. */
  masked(values: tf.Tensor, observations: tf.Tensor): tf.Tensor {
    return this.maskDim === 0 ? values : maskedLogits(values, maskOf(observations, this.maskDim));
  }

  /** @throws for a temperature: of ε-greedy actions it would be another ε, and values play no part in it */
  override checkActing(owner: string, acting: Acting): void {
    if (acting.temperature !== 1) {
      const got = `got ${acting.temperature} for the ε-greedy actions of a ${this.constructor.name}`;
      throw new Error(`${owner}: acting.temperature: ${got}, expected none: set its epsilon`);
    }
    super.checkActing(owner, acting);
  }

  protected distribution(features: tf.Tensor, mask: tf.Tensor | undefined): DiscreteActions {
    const { n, start } = this.discreteActions;
    if (mask !== undefined) {
      return new DiscreteActions(new Categorical({ logits: this.#maskedLogits(features, mask) }), start);
    }
    const each = this.epsilon / n;
    const logits = stopGradient(() => {
      const best = bestActions(this.valuesAt(features));
      const [likely, unlikely] = [1 - this.epsilon + each, each].map((p) => tf.fill(best.shape, portableMath.log(p)));
      return tf.where(tf.greater(best, 0.5), likely!, unlikely!);
    });
    return new DiscreteActions(new Categorical({ logits }), start);
  }

  #maskedLogits(features: tf.Tensor, mask: tf.Tensor): tf.Tensor {
    return stopGradient(() => {
      const allowed = allowedChoices(mask);
      const best = bestActions(maskedLogits(this.valuesAt(features), mask));
      const each = tf.div(this.epsilon, tf.sum(allowed, 1, true));
      return tf.log(tf.add(tf.mul(allowed, each), tf.mul(best, 1 - this.epsilon)));
    });
  }
}

/** Options of {@link QNetworkPolicy}. */
export interface QNetworkPolicyOptions extends CategoricalPolicyOptions {
  /** Whether the network is dueling, see {@link QNetwork}. */
  readonly dueling?: boolean;
  /** ε, the probability of a uniform action. */
  readonly epsilon?: number;
}

/** @param outputs how many numbers there are of each action */
function networkOf(options: QNetworkPolicyOptions, outputs = 1): QNetwork {
  const { observationDim: inputDim, actionSpace, hidden = [64, 64], activation = 'relu', rng } = options;
  const { outputScale = 0.01, dueling = false } = options;
  return new QNetwork({ inputDim, hidden, activation, actions: actionSpace.n, outputs, outputScale, dueling, rng });
}

/** ε-greedy actions by a network's values Q(o, ·), which DQN learns. */
export class QNetworkPolicy extends EpsilonGreedyPolicy {
  readonly featureDim: number;
  readonly network: QNetwork;

  /** @throws if ε is not in [0, 1) */
  constructor(options: QNetworkPolicyOptions) {
    super(options);
    this.featureDim = options.observationDim;
    this.network = networkOf(options);
  }

  protected valuesAt(features: tf.Tensor): tf.Tensor {
    return tf.squeeze(this.network.apply(features), [2]);
  }
}

/** Options of {@link QuantileNetworkPolicy}. */
export interface QuantileNetworkPolicyOptions extends QNetworkPolicyOptions {
  /** K, how many quantiles a return has. */
  readonly quantiles?: number;
  /** What the quantiles are: numbers of the network's, or values of a spline that has it for its parameters. */
  readonly quantileFunction?: 'free' | 'spline';
  /** Bins of the spline. */
  readonly bins?: number;
}

/**
 * ε-greedy actions by the mean of the return's quantiles, which QR-DQN learns:
 *
 *     Q(o, a) = (1/K) Σᵢ θᵢ(o, a),   θᵢ the quantile at τ̂ᵢ = (i + ½)/K.
 *
 * The quantiles are free numbers of the network's, which may cross, or values of one monotone spline for each action, which do not: see
 * {@link splineQuantiles}.
 */
export class QuantileNetworkPolicy extends EpsilonGreedyPolicy {
  readonly featureDim: number;
  readonly network: QNetwork;
  /** K. */
  readonly quantileCount: number;
  /** How many bins the spline has; undefined where quantiles are free. */
  readonly #bins: number | undefined;

  /** @throws if ε is not in [0, 1) */
  constructor(options: QuantileNetworkPolicyOptions) {
    super(options);
    const { quantiles = 32, quantileFunction = 'free', bins = 8 } = options;
    this.featureDim = options.observationDim;
    this.quantileCount = quantiles;
    this.#bins = quantileFunction === 'spline' ? bins : undefined;
    this.network = networkOf(options, this.#bins === undefined ? quantiles : splineQuantileParameters(this.#bins));
  }

  /** θ(o, ·): `[batch, observationDim]` → `[batch, n, K]` */
  quantiles(observations: tf.Tensor): tf.Tensor {
    return this.#quantilesAt(this.features(observations));
  }

  #quantilesAt(features: tf.Tensor): tf.Tensor {
    const outputs = this.network.apply(features);
    const [batch, n, width] = outputs.shape as [number, number, number];
    const quantiles = this.#quantilesFrom(tf.reshape(outputs, [batch * n, width]));
    return tf.reshape(quantiles, [batch, n, this.quantileCount]);
  }

  /**
   * θ(o, a), at the cost of one action in the place of n.
   * @param chosen a, as 1 among 0, `[batch, n]`
   * @returns `[batch, K]`
   */
  quantilesOf(observations: tf.Tensor, chosen: tf.Tensor, past?: Past): tf.Tensor {
    const outputs = this.network.apply(this.features(observations, past));
    return this.#quantilesFrom(tf.sum(tf.mul(tf.expandDims(chosen, 2), outputs), 1));
  }

  protected valuesAt(features: tf.Tensor): tf.Tensor {
    return tf.mean(this.#quantilesAt(features), 2);
  }

  /** `[rows, outputs]` → `[rows, K]` */
  #quantilesFrom(outputs: tf.Tensor): tf.Tensor {
    return this.#bins === undefined ? outputs : splineQuantiles(outputs, this.#bins, this.quantileCount);
  }
}

/** The action of the largest value, the first of several, as 1 among 0: `[batch, n]` → `[batch, n]`. It has no gradient. */
export function bestActions(values: tf.Tensor): tf.Tensor {
  const best = tf.expandDims(tf.argMax(values, 1), 1);
  return tf.cast(tf.equal(tf.cast(best, 'float32'), tf.range(0, values.shape[1]!, 1, 'float32')), 'float32');
}
