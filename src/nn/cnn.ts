import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Module } from '../module.ts';
import { choice, count, flag } from '../options/fields.ts';
import { parseOptions } from '../options/parse.ts';
import { rngSchema } from '../random.ts';
import { activationFunction, activationNames, Dense, initializerSchema } from './dense.ts';
import { lecunUniform, orthogonal } from './initializers.ts';
import { kernelOf } from './sizes.ts';

const size = z.int().positive();

const cnnOptions = z.strictObject({
  image: z.tuple([size, size, size]).readonly().describe('height, width and channels'),
  convolutions: z
    .array(z.tuple([size, size, size]).readonly())
    .readonly()
    .describe('of each layer its filters, their side and the stride, both in pixels'),
  features: size.describe('width of the dense layer behind them'),
  activation: choice(activationNames, 'relu', 'activation after each layer, the last one too'),
  rng: rngSchema.describe('streams the initial weights'),
});

/** Options of {@link Cnn}. */
export type CnnOptions = z.input<typeof cnnOptions>;

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
    const { image, convolutions, features, activation, rng } = parseOptions('Cnn', cnnOptions, options);
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

/** Convolutional networks by name, without the images that they are for. */
export const cnnPresets = {
  /** For screens of games, 84 × 84: Mnih et al., "Human-level control through deep reinforcement learning", Nature 518, 2015. */
  nature: {
    convolutions: [
      [32, 8, 4],
      [64, 4, 2],
      [64, 3, 1],
    ],
    features: 512,
  },
  /** For boards and views of a few cells, from 5 × 5. */
  small: {
    convolutions: [
      [16, 3, 1],
      [32, 3, 1],
    ],
    features: 128,
  },
} as const satisfies Record<string, Pick<CnnOptions, 'convolutions' | 'features'>>;

const conv2dOptions = z.strictObject({
  channels: size.describe('channels of the images'),
  filters: size.describe('channels of the result'),
  size: size.describe('side of a filter, in pixels'),
  stride: count(1, 'from one window to the next', 'pixels'),
  padding: choice(
    ['valid', 'same'],
    'valid',
    "'same' puts zeros around, so that at stride 1 the result is as large as the image; 'valid' does not",
  ),
  rng: rngSchema.describe('streams the initial weights'),
  kernelInitializer: initializerSchema
    .optional()
    .describe(
      'draws the kernel `[size · size · channels, filters]`; what goes into one number of the result, by their count',
    ),
  bias: flag(true, 'whether there is a bias, zero at first'),
});

/** Options of {@link Conv2d}. */
export type Conv2dOptions = z.input<typeof conv2dOptions>;

/** A convolution of images: y[i, j, f] = Σ x[i·stride + p, j·stride + q, c] · kernel[p, q, c, f] + bias[f]. */
export class Conv2d extends Module {
  /** `[size, size, channels, filters]` */
  readonly kernel: tf.Variable;
  /** `[filters]` */
  readonly bias: tf.Variable | undefined;
  readonly #stride: number;
  readonly #padding: 'valid' | 'same';

  /** @throws if a size is no positive integer */
  constructor(options: Conv2dOptions) {
    super();
    const { channels, filters, size, stride, padding, rng, ...more } = parseOptions('Conv2d', conv2dOptions, options);
    const { kernelInitializer = lecunUniform(), bias } = more;
    const fanIn = size * size * channels;
    this.kernel = kernelOf(
      fanIn * filters,
      () => kernelInitializer(fanIn, filters, rng),
      (values) => tf.tidy(() => tf.variable(tf.tensor4d(values, [size, size, channels, filters]), true)),
    );
    this.bias = bias ? tf.tidy(() => tf.variable(tf.zeros([filters]), true)) : undefined;
    this.#stride = stride;
    this.#padding = padding;
  }

  /**
   * `[batch, height, width, channels]` → `[batch, rows, columns, filters]`
   * @throws if the input does not fit
   */
  apply(x: tf.Tensor): tf.Tensor {
    const [, , channels] = this.kernel.shape;
    if (x.rank !== 4 || x.shape[3] !== channels || x.dtype !== 'float32') {
      throw new Error(
        `Conv2d.apply: got ${x.dtype} of shape [${x.shape}], ` +
          `expected float32 of shape [batch, height, width, ${channels}]`,
      );
    }
    const kernel = this.kernel as unknown as tf.Tensor4D;
    const y = tf.conv2d(x as tf.Tensor4D, kernel, this.#stride, this.#padding);
    return this.bias === undefined ? y : tf.add(y, this.bias);
  }
}
