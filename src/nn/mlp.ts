import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Module } from '../module.ts';
import { choice, count, flag } from '../options/fields.ts';
import { checkArgument, parseOptions } from '../options/parse.ts';
import { rngSchema } from '../random.ts';
import {
  type ActivationEnum,
  activationFunction,
  activationNames,
  activationSlope,
  Dense,
  initializerSchema,
} from './dense.ts';
import { orthogonal } from './initializers.ts';
import { BatchRenorm, batchRenormOptions, LayerNorm } from './normalization.ts';

/** Widths of hidden layers; none makes a network linear. */
export const widths = z
  .array(z.int().positive())
  .readonly()
  .meta({ description: 'widths of the hidden layers of each network', unit: 'neurons' });

/** Widths of hidden layers of which there is at least one. */
export const someWidths = z
  .array(z.int().positive())
  .min(1)
  .readonly()
  .default([64, 64])
  .meta({ description: 'widths of the hidden layers, at least one', unit: 'neurons' });

/** Options of whatever has networks. */
export const networkOptions = {
  hidden: widths.default([64, 64]),
  activation: choice(activationNames, 'tanh', 'activation after each hidden layer') as z.ZodDefault<
    z.ZodEnum<ActivationEnum>
  >,
};

/** Options of whatever maps events of `dim` numbers by networks. */
export const layerOptions = {
  dim: z.int().positive().meta({ description: 'size of an event', unit: 'numbers' }),
  contextDim: z
    .int()
    .nonnegative()
    .default(0)
    .meta({ description: 'size of the context; 0 for none', unit: 'numbers' }),
  ...networkOptions,
  rng: rngSchema.describe('streams the initial weights'),
};

export const outputScale = z
  .number()
  .default(1)
  .describe("gain of the last layer's orthogonal kernel; 0 makes the output 0 at first");

const mlpOptions = z.strictObject({
  ...networkOptions,
  hidden: widths,
  inputDim: z.int().positive().describe('how many numbers an input has'),
  outputDim: z.int().positive().describe('how many numbers an output has'),
  layerNorm: flag(false, 'whether there is a LayerNorm before each activation'),
  batchRenorm: batchRenormOptions
    .omit({ dim: true })
    .optional()
    .describe('settings of a BatchRenorm of the input and after each activation; by default there is none'),
  rng: rngSchema.describe('streams the initial weights'),
  hiddenInitializer: initializerSchema
    .optional()
    .describe('draws the kernels of hidden layers; orthogonal with gain √2 by default'),
  outputScale,
  outputInitializer: initializerSchema
    .optional()
    .describe('in the place of the orthogonal kernel that outputScale scales'),
});

/** Options of {@link Mlp}. */
export type MlpOptions = z.input<typeof mlpOptions>;

/** A multilayer perceptron with a linear last layer. Kernels are orthogonal (gain √2 in hidden layers), biases 0. */
export class Mlp extends Module {
  readonly layers: readonly Dense[];
  /** Before each activation, or none. */
  readonly layerNorms: readonly LayerNorm[];
  /** Normalize the input and what each activation gives; empty without batch renormalization. */
  readonly batchRenorms: readonly BatchRenorm[];
  readonly #activation: (x: tf.Tensor) => tf.Tensor;
  readonly #slope: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor;

  /** @throws if a dimension is no positive integer, or the activation is unknown */
  constructor(options: MlpOptions) {
    super();
    const parsed = parseOptions('Mlp', mlpOptions, options);
    const { inputDim, hidden, outputDim, activation, rng, outputScale, layerNorm, batchRenorm } = parsed;
    const { hiddenInitializer = orthogonal(Math.SQRT2), outputInitializer = orthogonal(outputScale) } = parsed;
    this.#activation = activationFunction(activation);
    this.#slope = activationSlope(activation);
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

  /**
   * f(x) and a Jacobian-vector product (∂f/∂x) ẋ, exactly, pushed forward through the layers beside x.
   * @param x `[batch, inputDim]`
   * @param tangent ẋ, `[batch, inputDim]`
   * @returns both `[batch, outputDim]`
   * @throws if the network has normalization
   */
  jvp(x: tf.Tensor, tangent: tf.Tensor): [value: tf.Tensor, product: tf.Tensor] {
    if (this.layerNorms.length + this.batchRenorms.length > 0) {
      throw new Error('Mlp.jvp: got a network with normalization, expected one without');
    }
    const [last, hidden] = [this.layers.at(-1)!, this.layers.slice(0, -1)];
    let [value, rate] = [x, tangent];
    for (const layer of hidden) {
      const input = layer.apply(value);
      value = this.#activation(input);
      rate = tf.mul(tf.matMul(rate, layer.kernel), this.#slope(input, value));
    }
    return [last.apply(value), tf.matMul(rate, last.kernel)];
  }
}

const qNetworkOptions = z.strictObject({
  inputDim: z.int().positive().describe('how many numbers an input has'),
  hidden: widths,
  activation: z.enum(activationNames).describe('activation after each hidden layer'),
  actions: z.int().positive().describe('how many actions there are'),
  outputs: count(1, 'how many numbers each action has', 'numbers'),
  outputScale: z.number().describe("gain of the last layer's orthogonal kernel"),
  dueling: z.boolean().describe("whether there are two streams, of the state's value and of the actions' advantages"),
  rng: rngSchema.describe('streams the initial weights'),
});

/** Options of {@link QNetwork}. */
export type QNetworkOptions = z.input<typeof qNetworkOptions>;

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
    const parsed = parseOptions('QNetwork', qNetworkOptions, given);
    const { inputDim, hidden, actions, outputs, dueling, rng, ...options } = parsed;
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
