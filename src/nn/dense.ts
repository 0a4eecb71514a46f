import * as tf from '@tensorflow/tfjs-core';
import { Module } from '../module.ts';
import { checkArgument, checkOptions } from '../options/checkArguments.ts';
import { Rng } from '../random.ts';
import { type Initializer, lecunUniform } from './initializers.ts';
import { positiveInteger } from './positiveInteger.ts';
import { kernelOf } from './whileLoading.ts';

/** Options of {@link Dense}. */
export interface DenseOptions {
  readonly inputDim: number;
  readonly outputDim: number;
  readonly rng: Rng;
  readonly kernelInitializer?: Initializer;
  /** Whether there is a bias, zero at first. */
  readonly bias?: boolean;
}

/** A linear layer: y = x·kernel + bias. */
export class Dense extends Module {
  /** `[inputDim, outputDim]` */
  readonly kernel: tf.Variable;
  /** `[outputDim]` */
  readonly bias: tf.Variable | undefined;

  /** @throws if a dimension is no positive integer */
  constructor(options: DenseOptions) {
    super();
    const {
      inputDim,
      outputDim,
      rng,
      kernelInitializer = lecunUniform(),
      bias = true,
    } = checkOptions('Dense', options, {
      inputDim: Number,
      outputDim: Number,
      rng: Rng,
      kernelInitializer: [Function, undefined],
      bias: [Boolean, undefined],
    });
    positiveInteger('Dense', 'inputDim', inputDim);
    positiveInteger('Dense', 'outputDim', outputDim);
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
        `Dense.apply: wanted float32 of shape [batch, ${inputDim}], got ${x.dtype} of shape [${x.shape}]`,
      );
    }
    const product = tf.matMul(x, this.kernel);
    return this.bias === undefined ? product : tf.add(product, this.bias);
  }
}
