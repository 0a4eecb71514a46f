import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../../nn/stopGradient.ts';
import type { WithLogDet } from '../bijector.ts';

/**
 * x for x ≥ 0 and slope·x for x < 0, with its log-determinant, 0 and log slope; the slope is positive.
 * @param crossingWidth see {@link PReluOptions}
 */
export function negativeSlope(x: tf.Tensor, slope: tf.Tensor, crossingWidth = 0): WithLogDet {
  const negative = isNegative(x);
  const share = withCrossings(negative, x, crossingWidth);
  return [tf.mul(x, slopeAt(negative, slope)), tf.mul(share, tf.log(slope))];
}

/** The inverse: y for y ≥ 0 and y / slope for y < 0. */
export function inverseNegativeSlope(y: tf.Tensor, slope: tf.Tensor, crossingWidth = 0): WithLogDet {
  const negative = isNegative(y);
  const share = withCrossings(negative, y, crossingWidth);
  return [tf.div(y, slopeAt(negative, slope)), tf.mul(share, tf.neg(tf.log(slope)))];
}

/** 1 where x < 0, else 0. */
function isNegative(x: tf.Tensor): tf.Tensor {
  return stopGradient(() => tf.cast(tf.less(x, 0), 'float32'));
}

function slopeAt(negative: tf.Tensor, slope: tf.Tensor): tf.Tensor {
  return tf.add(tf.mul(negative, tf.sub(slope, 1)), 1);
}

/** `negative` itself, with the gradient of σ(−x / width). */
function withCrossings(negative: tf.Tensor, x: tf.Tensor, width: number): tf.Tensor {
  if (width === 0) return negative;
  const smooth = tf.sigmoid(tf.mul(x, -1 / width));
  return tf.add(
    smooth,
    stopGradient(() => tf.sub(negative, smooth)),
  );
}
