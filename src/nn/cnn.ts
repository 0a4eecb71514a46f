import * as tf from '@tensorflow/tfjs-core';
import { Module } from '../module.ts';
import { checkOptions } from '../options/checkArguments.ts';
import { Rng } from '../random.ts';
import { type Activation, activationFunction } from './activation.ts';
import { Conv2d } from './conv2d.ts';
import { Dense } from './dense.ts';
import { orthogonal } from './initializers.ts';

/** A layer of convolutions: how many filters, their side, and from one window to the next, in pixels. */
export type ConvolutionLayer = readonly [filters: number, size: number, stride: number];

/** Options of {@link Cnn}. */
export interface CnnOptions {
  readonly image: readonly [height: number, width: number, channels: number];
  readonly convolutions: readonly ConvolutionLayer[];
  /** Width of the dense layer behind them: how many features an image has. */
  readonly features: number;
  /** After each layer, the last one too; `relu` by default. */
  readonly activation?: Activation;
  readonly rng: Rng;
}

/**
 * A convolutional network from images to features: convolutions without zeros around, and one dense layer, an activation after each.
 * Kernels are orthogonal (gain √2), biases 0. {@link cnnPresets} has Nature's and a small one.
 *
 * Mnih et al., "Human-level control through deep reinforcement learning", Nature 518, 2015.
 */
export class Cnn extends Module {
  readonly convolutions: readonly Conv2d[];
  readonly dense: Dense;
  readonly #activation: (x: tf.Tensor) => tf.Tensor;

  /** @throws if a size is no positive integer, or a window does not fit what comes before */
  constructor(options: CnnOptions) {
    super();
    const {
      image,
      convolutions,
      features,
      activation = 'relu',
      rng,
    } = checkOptions('Cnn', options, {
      image: Array,
      convolutions: Array,
      features: Number,
      activation: [String, undefined],
      rng: Rng,
    });
    this.#activation = activationFunction(activation);
    const kernelInitializer = orthogonal(Math.SQRT2);
    let [height, width, channels] = image;
    this.convolutions = convolutions.map(([filters, size, stride], i) => {
      if (size > height || size > width) {
        throw new Error(
          `Cnn: image: got ${image.join(' × ')}, of which layer ${i + 1} sees ${height} × ${width}, expected at least its ${size} × ${size}`,
        );
      }
      const layer = new Conv2d({
        channels,
        filters,
        size,
        stride,
        kernelInitializer,
        rng: rng.split(`convolution${i}`),
      });
      height = Math.floor((height - size) / stride) + 1;
      width = Math.floor((width - size) / stride) + 1;
      channels = filters;
      return layer;
    });
    const inputDim = height * width * channels;
    this.dense = new Dense({ inputDim, outputDim: features, kernelInitializer, rng: rng.split('dense') });
  }

  /**
   * `[batch, height, width, channels]` → `[batch, features]`
   * @throws if the input does not fit
   */
  apply(images: tf.Tensor): tf.Tensor {
    const last = this.convolutions.reduce((x, layer) => this.#activation(layer.apply(x)), images);
    const inputDim = this.dense.kernel.shape[0]!;
    return this.#activation(this.dense.apply(tf.reshape(last, [-1, inputDim])));
  }
}
