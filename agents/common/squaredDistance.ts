import * as tf from '@tensorflow/tfjs-core';
import { type Bounds, halfWidths } from '../../src/policies/boxScale.ts';

/**
 * E[‖a − b‖²], the mean over rows and components, in half widths of the bounds: a scalar.
 * @param actions a, `[batch, actionDim]`
 * @param others b, of the same shape
 */
export function squaredDistance(actions: tf.Tensor, others: tf.Tensor, units: Bounds): tf.Tensor {
  const perHalfWidth = tf.tensor1d(halfWidths(units).map((half) => 1 / half));
  return tf.mean(tf.square(tf.mul(tf.sub(actions, others), perHalfWidth)));
}
