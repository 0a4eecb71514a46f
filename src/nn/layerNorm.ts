import * as tf from '@tensorflow/tfjs-core';
import { Module } from '../module.ts';
import { checkOptions } from '../options/checkArguments.ts';
import { positiveInteger } from './positiveInteger.ts';

/** Options of {@link LayerNorm}. */
export interface LayerNormOptions {
  /** The size of the last axis. */
  readonly dim: number;
  /** Added to every variance; 1e-5 by default. */
  readonly epsilon?: number;
}

/**
 * Each vector is brought to mean 0 and variance 1 over its own entries, and then each entry has a scale and a shift of its own:
 * y = scale (x − mean) / √(variance + ε) + shift, the variance divided by the count. The same in training and outside of it.
 *
 * Ba, Kiros and Hinton, "Layer Normalization", arXiv:1607.06450.
 */
export class LayerNorm extends Module {
  /** `[dim]`, 1 at first. */
  readonly scale: tf.Variable;
  /** `[dim]`, 0 at first. */
  readonly shift: tf.Variable;
  readonly #epsilon: number;

  /** @throws if `dim` is no positive integer, or `epsilon` not positive */
  constructor(options: LayerNormOptions) {
    super();
    const { dim, epsilon = 1e-5 } = checkOptions('LayerNorm', options, { dim: Number, epsilon: [Number, undefined] });
    positiveInteger('LayerNorm', 'dim', dim);
    if (!(epsilon > 0 && epsilon < Number.POSITIVE_INFINITY)) {
      throw new Error(`LayerNorm: wanted a positive epsilon, got ${epsilon}`);
    }
    this.#epsilon = epsilon;
    this.scale = tf.tidy(() => tf.variable(tf.ones([dim]), true));
    this.shift = tf.tidy(() => tf.variable(tf.zeros([dim]), true));
  }

  /** `[…, dim]` → `[…, dim]` */
  apply(x: tf.Tensor): tf.Tensor {
    const centered = tf.sub(x, tf.mean(x, -1, true));
    const deviation = tf.sqrt(tf.add(tf.mean(tf.square(centered), -1, true), this.#epsilon));
    return tf.add(tf.mul(tf.div(centered, deviation), this.scale), this.shift);
  }
}
