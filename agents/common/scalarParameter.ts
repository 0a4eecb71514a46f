import * as tf from '@tensorflow/tfjs-core';
import { Module } from '../../src/index.ts';

/** One trainable number, as the logarithm of a temperature. */
export class ScalarParameter extends Module {
  /** `[]` */
  readonly value: tf.Variable;

  constructor(initial: number) {
    super();
    this.value = tf.tidy(() => tf.variable(tf.scalar(initial)));
  }
}
