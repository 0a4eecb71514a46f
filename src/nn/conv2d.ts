import * as tf from '@tensorflow/tfjs-core';
import { Module } from '../module.ts';
import { checkOptions } from '../options/checkArguments.ts';
import { Rng } from '../random.ts';
import { type Initializer, lecunUniform } from './initializers.ts';
import { positiveInteger } from './positiveInteger.ts';
import { kernelOf } from './whileLoading.ts';

/** Options of {@link Conv2d}. */
export interface Conv2dOptions {
  /** Channels of the images. */
  readonly channels: number;
  /** Channels of the result. */
  readonly filters: number;
  /** The side of a filter, in pixels. */
  readonly size: number;
  /** From one window to the next, in pixels; 1 by default. */
  readonly stride?: number;
  /** `'same'` puts zeros around, so that at stride 1 the result is as large as the image; `'valid'` does not, and is the default. */
  readonly padding?: 'valid' | 'same';
  readonly rng: Rng;
  /** Draws the kernel, `[size · size · channels, filters]`: what goes into one number of the result, by how many there are of it. */
  readonly kernelInitializer?: Initializer;
  /** Whether there is a bias, zero at first. */
  readonly bias?: boolean;
}

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
    checkOptions('Conv2d', options, {
      channels: Number,
      filters: Number,
      size: Number,
      stride: [Number, undefined],
      padding: ['valid', 'same', undefined],
      rng: Rng,
      kernelInitializer: [Function, undefined],
      bias: [Boolean, undefined],
    });
    const { channels, filters, size, stride = 1, padding = 'valid', rng } = options;
    const { kernelInitializer = lecunUniform(), bias = true } = options;
    for (const [name, value] of Object.entries({ channels, filters, size, stride })) {
      positiveInteger('Conv2d', name, value);
    }
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
        `Conv2d.apply: wanted float32 of shape [batch, height, width, ${channels}], got ${x.dtype} of shape [${x.shape}]`,
      );
    }
    const kernel = this.kernel as unknown as tf.Tensor4D;
    const y = tf.conv2d(x as tf.Tensor4D, kernel, this.#stride, this.#padding);
    return this.bias === undefined ? y : tf.add(y, this.bias);
  }
}
