import * as tf from '@tensorflow/tfjs-core';
import { broadcast } from '../bijectors/broadcast.ts';
import { stopGradient } from '../nn/stopGradient.ts';

/**
 * Quantiles of a distribution over [low, high]: the ends where no mass lies on one side, with gradient 0.
 * @param inside the quantile of two shares above 0, of the shape of both and of the batch
 */
export function quantileInside(
  below: tf.Tensor,
  above: tf.Tensor,
  batchShape: number[],
  low: number,
  high: number,
  inside: (below: tf.Tensor, above: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const { assertAndGetBroadcastShape: joint } = tf.broadcast_util;
  const shape = joint(joint(below.shape, above.shape), batchShape);
  const [left, right] = [broadcast(below, shape), broadcast(above, shape)];
  const [isLow, isHigh] = [left, right].map((share) => stopGradient(() => tf.equal(share, 0)));
  const isProper = stopGradient(() => tf.logicalAnd(tf.greater(left, 0), tf.greater(right, 0)));
  const half = tf.fill(shape, 0.5);
  const value = inside(tf.where(isProper, left, half), tf.where(isProper, right, half));
  return tf.where(isLow!, tf.fill(shape, low), tf.where(isHigh!, tf.fill(shape, high), value));
}
