import * as tf from '@tensorflow/tfjs-core';
import { splineQuantileParameters, splineQuantiles } from '../distributions/splineQuantiles.ts';
import type { Activation } from '../nn/activation.ts';
import { QNetwork } from '../nn/qNetwork.ts';
import type { Rng } from '../random.ts';
import type { DiscreteSpace } from './discreteSpace.ts';
import { EpsilonGreedyPolicy } from './epsilonGreedyPolicy.ts';

/** Options of {@link QuantileNetworkPolicy}. */
export interface QuantileNetworkPolicyOptions {
  /** Without the mask. */
  readonly observationDim: number;
  readonly actionSpace: DiscreteSpace;
  /** Whether n numbers at the end of each observation say which actions are allowed: the others then have probability 0; false. */
  readonly actionMask?: boolean | undefined;
  /** Widths of the hidden layers. */
  readonly hidden?: readonly number[];
  readonly activation?: Activation;
  /** Gain of the last layer: small, so that quantiles are about the same for all actions at first. */
  readonly outputScale?: number;
  /** Whether the network is dueling, see {@link QNetwork}. */
  readonly dueling?: boolean;
  /** K, how many quantiles a return has. */
  readonly quantiles?: number;
  /** What the quantiles are: numbers of the network's, or values of a spline that has it for its parameters. */
  readonly quantileFunction?: 'free' | 'spline';
  /** Bins of the spline. */
  readonly bins?: number;
  /** ε, the probability of a uniform action. */
  readonly epsilon?: number;
  readonly rng: Rng;
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
  readonly observationDim: number;
  readonly network: QNetwork;
  /** K. */
  readonly quantileCount: number;
  /** How many bins the spline has; undefined where quantiles are free. */
  readonly #bins: number | undefined;

  /** @throws if ε is not in [0, 1) */
  constructor(options: QuantileNetworkPolicyOptions) {
    const { observationDim, actionSpace, hidden = [64, 64], activation = 'relu', outputScale = 0.01, rng } = options;
    const { dueling = false, quantiles = 32, quantileFunction = 'free', bins = 8, epsilon = 0.05 } = options;
    super({ actionSpace, epsilon, actionMask: options.actionMask });
    this.observationDim = observationDim + this.maskDim;
    this.quantileCount = quantiles;
    this.#bins = quantileFunction === 'spline' ? bins : undefined;
    this.network = new QNetwork({
      inputDim: observationDim,
      hidden,
      activation,
      actions: actionSpace.n,
      outputs: this.#bins === undefined ? quantiles : splineQuantileParameters(this.#bins),
      outputScale,
      dueling,
      rng,
    });
  }

  /** θ(o, ·): `[batch, observationDim]` → `[batch, n, K]` */
  quantiles(observations: tf.Tensor): tf.Tensor {
    const outputs = this.network.apply(this.checked(observations));
    const [batch, n, width] = outputs.shape as [number, number, number];
    const quantiles = this.#quantilesFrom(tf.reshape(outputs, [batch * n, width]));
    return tf.reshape(quantiles, [batch, n, this.quantileCount]);
  }

  /**
   * θ(o, a), at the cost of one action in the place of n.
   * @param chosen a, as 1 among 0, `[batch, n]`
   * @returns `[batch, K]`
   */
  quantilesOf(observations: tf.Tensor, chosen: tf.Tensor): tf.Tensor {
    const outputs = this.network.apply(this.checked(observations));
    return this.#quantilesFrom(tf.sum(tf.mul(tf.expandDims(chosen, 2), outputs), 1));
  }

  values(observations: tf.Tensor): tf.Tensor {
    return tf.mean(this.quantiles(observations), 2);
  }

  /** `[rows, outputs]` → `[rows, K]` */
  #quantilesFrom(outputs: tf.Tensor): tf.Tensor {
    return this.#bins === undefined ? outputs : splineQuantiles(outputs, this.#bins, this.quantileCount);
  }
}
