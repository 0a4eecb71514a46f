import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Module } from '../module.ts';
import { choice } from '../options/fields.ts';
import { checkArgument, checkOptions } from '../options/parse.ts';
import { Rng } from '../random.ts';
import { type Activation, activationFunction, activationNames, Dense } from './dense.ts';
import { type Initializer, orthogonal } from './initializers.ts';
import { BatchRenorm, type BatchRenormOptions, LayerNorm } from './normalization.ts';

/** Options of {@link Mlp}. */
export interface MlpOptions {
  readonly inputDim: number;
  /** Widths of the hidden layers; none makes the network linear. */
  readonly hidden: readonly number[];
  readonly outputDim: number;
  /** After each hidden layer. */
  readonly activation?: Activation | undefined;
  /** Whether there is a {@link LayerNorm} before each activation. */
  readonly layerNorm?: boolean;
  /** A {@link BatchRenorm} of the input and after each activation, with these settings; none by default. */
  readonly batchRenorm?: Omit<BatchRenormOptions, 'dim'> | undefined;
  readonly rng: Rng;
  readonly hiddenInitializer?: Initializer;
  /** Gain of the last layer's orthogonal kernel; 0 makes the output 0 at first. */
  readonly outputScale?: number;
  /** In place of the orthogonal kernel that `outputScale` scales. */
  readonly outputInitializer?: Initializer;
}

/** A multilayer perceptron with a linear last layer. Kernels are orthogonal (gain √2 in hidden layers), biases 0. */
export class Mlp extends Module {
  readonly layers: readonly Dense[];
  /** Before each activation, or none. */
  readonly layerNorms: readonly LayerNorm[];
  /** Normalize the input and what each activation gives; empty without batch renormalization. */
  readonly batchRenorms: readonly BatchRenorm[];
  readonly #activation: (x: tf.Tensor) => tf.Tensor;

  /** @throws if a dimension is no positive integer, or the activation is unknown */
  constructor(options: MlpOptions) {
    super();
    checkOptions('Mlp', options, {
      inputDim: Number,
      hidden: Array,
      outputDim: Number,
      activation: [String, undefined],
      layerNorm: [Boolean, undefined],
      batchRenorm: [Object, undefined],
      rng: Rng,
      hiddenInitializer: [Function, undefined],
      outputScale: [Number, undefined],
      outputInitializer: [Function, undefined],
    });
    const { inputDim, hidden, outputDim, activation = 'tanh', rng, outputScale = 1 } = options;
    const { layerNorm = false, batchRenorm } = options;
    const { hiddenInitializer = orthogonal(Math.SQRT2), outputInitializer = orthogonal(outputScale) } = options;
    this.#activation = activationFunction(activation);
    const dims = [inputDim, ...hidden, outputDim];
    this.layers = dims.slice(1).map(
      (width, i) =>
        new Dense({
          inputDim: dims[i]!,
          outputDim: width,
          rng: rng.split(`layer${i}`),
          kernelInitializer: i < hidden.length ? hiddenInitializer : outputInitializer,
        }),
    );
    this.layerNorms = layerNorm ? hidden.map((dim) => new LayerNorm({ dim })) : [];
    this.batchRenorms = batchRenorm ? [inputDim, ...hidden].map((dim) => new BatchRenorm({ ...batchRenorm, dim })) : [];
  }

  /**
   * `[batch, inputDim]` → `[batch, outputDim]`
   * @throws if the input does not fit
   */
  apply(x: tf.Tensor): tf.Tensor {
    checkArgument('Mlp.apply', 'x', x, tf.Tensor);
    const last = this.layers.length - 1;
    return this.layers.reduce((h, layer, i) => {
      const y = layer.apply(h);
      if (i === last) return y;
      const active = this.#activation(this.layerNorms[i]?.apply(y) ?? y);
      return this.batchRenorms[i + 1]?.apply(active) ?? active;
    }, this.batchRenorms[0]?.apply(x) ?? x);
  }
}

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

/** Options of whatever has networks. */
export const networkOptions = {
  hidden: z
    .array(z.int().positive())
    .readonly()
    .default([64, 64])
    .meta({ description: 'widths of the hidden layers of each network', unit: 'neurons' }),
  activation: choice(activationNames, 'tanh', 'activation after each hidden layer'),
};
