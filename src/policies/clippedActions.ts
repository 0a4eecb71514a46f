import * as tf from '@tensorflow/tfjs-core';
import type { BoxSpace } from './boxSpace.ts';

/** Actions as the environment gets them, each component clipped to its bounds: `[batch, actionDim]`. No gradient flows beyond them. */
export function clippedActions(actions: tf.Tensor, { low, high }: Pick<BoxSpace, 'low' | 'high'>): tf.Tensor {
  const bound = (bounds: ArrayLike<number>) => tf.tensor1d(Array.from(bounds));
  return tf.minimum(tf.maximum(actions, bound(low)), bound(high));
}
