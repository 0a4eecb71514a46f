import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../nn/activation.ts';
import { QNetwork } from '../nn/qNetwork.ts';
import type { Rng } from '../random.ts';
import type { DiscreteSpace } from './discreteSpace.ts';
import { EpsilonGreedyPolicy } from './epsilonGreedyPolicy.ts';

/** Options of {@link QNetworkPolicy}. */
export interface QNetworkPolicyOptions {
  /** Without the mask. */
  readonly observationDim: number;
  readonly actionSpace: DiscreteSpace;
  /** Whether n numbers at the end of each observation say which actions are allowed: the others then have probability 0; false. */
  readonly actionMask?: boolean | undefined;
  /** Widths of the hidden layers. */
  readonly hidden?: readonly number[];
  readonly activation?: Activation;
  /** Gain of the last layer: small, so that values are about 0 at first. */
  readonly outputScale?: number;
  /** Whether the network is dueling, see {@link QNetwork}. */
  readonly dueling?: boolean;
  /** ε, the probability of a uniform action. */
  readonly epsilon?: number;
  readonly rng: Rng;
}

/** ε-greedy actions by a network's values Q(o, ·), which DQN learns. */
export class QNetworkPolicy extends EpsilonGreedyPolicy {
  readonly observationDim: number;
  readonly network: QNetwork;

  /** @throws if ε is not in [0, 1) */
  constructor(options: QNetworkPolicyOptions) {
    const { observationDim, actionSpace, hidden = [64, 64], activation = 'relu', outputScale = 0.01 } = options;
    const { dueling = false, epsilon = 0.05, rng } = options;
    super({ actionSpace, epsilon, actionMask: options.actionMask });
    this.observationDim = observationDim + this.maskDim;
    this.network = new QNetwork({
      inputDim: observationDim,
      hidden,
      activation,
      actions: actionSpace.n,
      outputScale,
      dueling,
      rng,
    });
  }

  values(observations: tf.Tensor): tf.Tensor {
    return tf.squeeze(this.network.apply(this.checked(observations)), [2]);
  }
}
