import * as tf from '@tensorflow/tfjs-core';
import type { BoxSpace } from './boxSpace.ts';
import type { Policy } from './policy.ts';

/** Actions as the environment gets them, each component clipped to its bounds: `[batch, actionDim]`. No gradient flows beyond them. */
export function clippedActions(actions: tf.Tensor, { low, high }: Pick<BoxSpace, 'low' | 'high'>): tf.Tensor {
  const bound = (bounds: ArrayLike<number>) => tf.tensor1d(Array.from(bounds));
  return tf.minimum(tf.maximum(actions, bound(low)), bound(high));
}

/** The bounds of a policy's actions, where it knows some. */
export function actionBounds({ config, boundedActions }: Policy): Pick<BoxSpace, 'low' | 'high'> | undefined {
  const { actionSpace } = config ?? {};
  return actionSpace !== undefined && 'low' in actionSpace ? actionSpace : boundedActions;
}
