import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../../nn/stopGradient.ts';
import type { WithLogDet } from '../bijector.ts';

/** x for x ≥ 0 and slope·x for x < 0, with its log-determinant, 0 and log slope; the slope is positive. */
export function negativeSlope(x: tf.Tensor, slope: tf.Tensor): WithLogDet {
  const negative = isNegative(x);
  return [tf.mul(x, slopeAt(negative, slope)), tf.mul(negative, tf.log(slope))];
}

/** The inverse: y for y ≥ 0 and y / slope for y < 0. */
export function inverseNegativeSlope(y: tf.Tensor, slope: tf.Tensor): WithLogDet {
  const negative = isNegative(y);
  return [tf.div(y, slopeAt(negative, slope)), tf.mul(negative, tf.neg(tf.log(slope)))];
}

/** 1 where x < 0, else 0. */
function isNegative(x: tf.Tensor): tf.Tensor {
  return stopGradient(() => tf.cast(tf.less(x, 0), 'float32'));
}

function slopeAt(negative: tf.Tensor, slope: tf.Tensor): tf.Tensor {
  return tf.add(tf.mul(negative, tf.sub(slope, 1)), 1);
}
