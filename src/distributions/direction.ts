import * as tf from '@tensorflow/tfjs-core';
import { wrapAngle } from '../bijectors/elementwise/wrapAngle.ts';

/** The direction of Σ weight·(cos angle, sin angle) along an axis, in [−π, π): the circular mean. */
export function direction(angles: tf.Tensor, weights: tf.Tensor, axis: number): tf.Tensor {
  const [cosine, sine] = [tf.cos(angles), tf.sin(angles)].map((each) => tf.sum(tf.mul(weights, each), axis));
  return wrapAngle(tf.atan2(sine!, cosine!));
}

/** 1 − cos angle, without cancellation near 0. */
export function versine(angle: tf.Tensor): tf.Tensor {
  return tf.mul(tf.square(tf.sin(tf.mul(angle, 0.5))), 2);
}
