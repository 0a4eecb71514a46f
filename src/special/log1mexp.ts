import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../nn/stopGradient.ts';

/** log(1 − eˣ) for x < 0, elementwise, without cancellation near 0 or far from it; −∞ at 0. */
export function log1mexp(x: tf.Tensor): tf.Tensor {
  const near = tf.log(tf.neg(tf.expm1(tf.maximum(x, -1))));
  const far = tf.log1p(tf.neg(tf.exp(tf.minimum(x, -0.5))));
  return tf.where(
    stopGradient(() => tf.greater(x, -Math.LN2)),
    near,
    far,
  );
}
