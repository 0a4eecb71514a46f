import type * as tf from '@tensorflow/tfjs-core';
import { Module } from '../../module.ts';

/**
 * A first-order optimizer. Its own state (moments, step count) is packed: one flat vector for each kind, over all the
 * parameters, so that a compiled step moves a few large buffers and not hundreds of small ones.
 */
export abstract class Optimizer extends Module {
  /** The variables that {@link update} changes. Listed in a function's `state` through the optimizer. */
  abstract readonly parameters: readonly tf.Variable[];

  /**
   * One step down the gradients.
   * @param gradients one for each of `parameters`, in their order
   * @param learningRate a number, or a scalar tensor where it changes under compile
   */
  abstract update(gradients: readonly tf.Tensor[], learningRate: tf.Tensor | number): void;
}
