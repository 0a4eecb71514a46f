import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Module } from '../module.ts';
import { flag } from '../options/fields.ts';
import { checkArgument, parseOptions } from '../options/parse.ts';
import { rngSchema } from '../random.ts';
import { type Initializer, lecunUniform } from './initializers.ts';
import { kernelOf } from './sizes.ts';

export const initializerSchema = z.custom<Initializer>((value) => typeof value === 'function', 'a function');

const denseOptions = z.strictObject({
  inputDim: z.int().positive().describe('how many numbers an input has'),
  outputDim: z.int().positive().describe('how many numbers an output has'),
  rng: rngSchema.describe('streams the initial weights'),
  kernelInitializer: initializerSchema.optional().describe('draws the kernel; LeCun uniform by default'),
  bias: flag(true, 'whether there is a bias, zero at first'),
});

/** Options of {@link Dense}. */
export type DenseOptions = z.input<typeof denseOptions>;

/** A linear layer: y = x·kernel + bias. */
export class Dense extends Module {
  /** `[inputDim, outputDim]` */
  readonly kernel: tf.Variable;
  /** `[outputDim]` */
  readonly bias: tf.Variable | undefined;

  /** @throws if a dimension is no positive integer */
  constructor(options: DenseOptions) {
    super();
    const { inputDim, outputDim, rng, ...more } = parseOptions('Dense', denseOptions, options);
    const { kernelInitializer = lecunUniform(), bias } = more;
    this.kernel = kernelOf(
      inputDim * outputDim,
      () => kernelInitializer(inputDim, outputDim, rng),
      (values) => tf.tidy(() => tf.variable(tf.tensor2d(values, [inputDim, outputDim]), true)),
    );
    this.bias = bias ? tf.tidy(() => tf.variable(tf.zeros([outputDim]), true)) : undefined;
  }

  /**
   * `[batch, inputDim]` → `[batch, outputDim]`
   * @throws if the input does not fit
   */
  apply(x: tf.Tensor): tf.Tensor {
    const [inputDim] = this.kernel.shape;
    checkArgument('Dense.apply', 'x', x, tf.Tensor);
    if (x.rank !== 2 || x.shape[1] !== inputDim || x.dtype !== 'float32') {
      throw new Error(
        `Dense.apply: got ${x.dtype} of shape [${x.shape}], expected float32 of shape [batch, ${inputDim}]`,
      );
    }
    const product = tf.matMul(x, this.kernel);
    return this.bias === undefined ? product : tf.add(product, this.bias);
  }
}

const activations = {
  identity: (x: tf.Tensor): tf.Tensor => x,
  tanh: (x: tf.Tensor): tf.Tensor => tf.tanh(x),
  relu: (x: tf.Tensor): tf.Tensor => tf.relu(x),
  leakyRelu: (x: tf.Tensor): tf.Tensor => tf.leakyRelu(x, 0.01),
  elu: (x: tf.Tensor): tf.Tensor => tf.elu(x),
  silu: (x: tf.Tensor): tf.Tensor => tf.mul(x, tf.sigmoid(x)),
  sigmoid: (x: tf.Tensor): tf.Tensor => tf.sigmoid(x),
  softplus: (x: tf.Tensor): tf.Tensor => tf.softplus(x),
};

/** The name of an elementwise activation. `leakyRelu` has slope 0.01, `elu` α = 1, `silu` is x·σ(x). */
export type Activation = keyof typeof activations;

/** Under a name of its own, by which declarations of options stay short. */
export type ActivationEnum = { readonly [Name in Activation]: Name };

export const activationNames = Object.keys(activations) as Activation[];

/** @throws if there is no activation of that name; the error lists them. */
export function activationFunction(name: Activation): (x: tf.Tensor) => tf.Tensor {
  if (!Object.hasOwn(activations, name)) {
    throw new Error(`activation: got '${name}', expected one of ${activationNames.join(', ')}`);
  }
  return activations[name];
}

const slopes: Record<Activation, (x: tf.Tensor, y: tf.Tensor) => tf.Tensor> = {
  identity: (x) => tf.onesLike(x),
  tanh: (_, y) => tf.sub(1, tf.square(y)),
  relu: (x) => tf.step(x),
  leakyRelu: (x) => tf.step(x, 0.01),
  elu: (_, y) => tf.add(tf.minimum(y, 0), 1),
  silu: (x, y) => {
    const s = tf.sigmoid(x);
    return tf.add(s, tf.mul(y, tf.sub(1, s)));
  },
  sigmoid: (_, y) => tf.mul(y, tf.sub(1, y)),
  softplus: (x) => tf.sigmoid(x),
};

/** The derivative of an activation at x, where it is y. */
export function activationSlope(name: Activation): (x: tf.Tensor, y: tf.Tensor) => tf.Tensor {
  return slopes[name];
}
