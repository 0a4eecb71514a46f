import type * as tf from '@tensorflow/tfjs-core';
import { Module } from '../module.ts';
import type { Rng } from '../random.ts';
import { type Activation, activationFunction } from './activation.ts';
import { Dense } from './dense.ts';
import { type Initializer, orthogonal } from './initializers.ts';

/** Options of {@link Mlp}. */
export interface MlpOptions {
  readonly inputDim: number;
  /** Widths of the hidden layers; none makes the network linear. */
  readonly hidden: readonly number[];
  readonly outputDim: number;
  /** After each hidden layer. */
  readonly activation?: Activation | undefined;
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
  readonly #activation: (x: tf.Tensor) => tf.Tensor;

  /** @throws if a dimension is no positive integer, or the activation is unknown */
  constructor(options: MlpOptions) {
    super();
    const { inputDim, hidden, outputDim, activation = 'tanh', rng, outputScale = 1 } = options;
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
  }

  /**
   * `[batch, inputDim]` → `[batch, outputDim]`
   * @throws if the input does not fit
   */
  apply(x: tf.Tensor): tf.Tensor {
    const last = this.layers.length - 1;
    return this.layers.reduce((h, layer, i) => (i < last ? this.#activation(layer.apply(h)) : layer.apply(h)), x);
  }
}
