import * as tf from '@tensorflow/tfjs-core';
import { Module } from '../module.ts';
import { checkOptions } from '../options/checkArguments.ts';
import { Rng } from '../random.ts';
import { type Activation, activationFunction } from './activation.ts';
import { Mlp } from './mlp.ts';

/** Options of {@link QNetwork}. */
export interface QNetworkOptions {
  readonly inputDim: number;
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  readonly activation: Activation;
  /** How many actions there are. */
  readonly actions: number;
  /** How many numbers each action has, 1 by default. */
  readonly outputs?: number;
  /** Gain of the last layer's orthogonal kernel. */
  readonly outputScale: number;
  /** Whether there are two streams, of the state's value and of the actions' advantages. */
  readonly dueling: boolean;
  readonly rng: Rng;
}

/**
 * K numbers for each of n actions: a multilayer perceptron, or a dueling one, which adds what the state is worth to what an action is
 * worth beyond the others:
 *
 *     Q(s, a) = V(s) + A(s, a) − (1/n) Σ_b A(s, b).
 *
 * V and A then share all hidden layers but the last, of which each has its own.
 *
 * Wang et al., "Dueling Network Architectures for Deep Reinforcement Learning", arXiv:1511.06581, equation 9.
 */
export class QNetwork extends Module {
  readonly shared: Mlp | undefined;
  /** V; undefined where the network is not dueling. */
  readonly value: Mlp | undefined;
  /** A, or Q where the network is not dueling. */
  readonly advantages: Mlp;
  readonly #activation: (x: tf.Tensor) => tf.Tensor;
  readonly #shape: readonly [actions: number, outputs: number];

  /** @throws if a dimension is no positive integer, or the activation is unknown */
  constructor(given: QNetworkOptions) {
    super();
    const {
      inputDim,
      hidden,
      actions,
      outputs = 1,
      dueling,
      rng,
      ...options
    } = checkOptions('QNetwork', given, {
      inputDim: Number,
      hidden: Array,
      activation: String,
      actions: Number,
      outputs: [Number, undefined],
      outputScale: Number,
      dueling: Boolean,
      rng: Rng,
    });
    this.#activation = activationFunction(options.activation);
    this.#shape = [actions, outputs];
    const sharedHidden = dueling ? hidden.slice(0, -1) : [];
    const width = sharedHidden.at(-1);
    this.shared =
      width === undefined
        ? undefined
        : new Mlp({
            inputDim,
            hidden: sharedHidden.slice(0, -1),
            outputDim: width,
            activation: options.activation,
            outputScale: Math.SQRT2,
            rng: rng.split('shared'),
          });
    const stream = (name: string, outputDim: number) =>
      new Mlp({
        ...options,
        inputDim: width ?? inputDim,
        hidden: hidden.slice(sharedHidden.length),
        outputDim,
        rng: rng.split(name),
      });
    this.value = dueling ? stream('value', outputs) : undefined;
    this.advantages = stream('advantages', actions * outputs);
  }

  /** `[batch, inputDim]` → `[batch, n, K]` */
  apply(x: tf.Tensor): tf.Tensor {
    const h = this.shared === undefined ? x : this.#activation(this.shared.apply(x));
    const advantages = tf.reshape(this.advantages.apply(h), [-1, ...this.#shape]);
    if (this.value === undefined) return advantages;
    return tf.add(tf.sub(advantages, tf.mean(advantages, 1, true)), tf.expandDims(this.value.apply(h), 1));
  }
}
