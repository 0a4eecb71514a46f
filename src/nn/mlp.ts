import * as tf from '@tensorflow/tfjs-core';
import { Module } from '../module.ts';
import { checkArgument, checkOptions } from '../options/checkArguments.ts';
import { Rng } from '../random.ts';
import { type Activation, activationFunction } from './activation.ts';
import { BatchRenorm, type BatchRenormOptions } from './batchRenorm.ts';
import { Dense } from './dense.ts';
import { type Initializer, orthogonal } from './initializers.ts';
import { LayerNorm } from './layerNorm.ts';

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
