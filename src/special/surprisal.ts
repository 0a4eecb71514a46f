import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../nn/stopGradient.ts';

/** −log p ≥ 0 of a probability and the rest, 1 − p, of which the smaller is the exact one. */
export function surprisal(p: tf.Tensor, rest: tf.Tensor): tf.Tensor {
  const ofSmall = tf.neg(tf.log(tf.minimum(p, 0.5)));
  const ofLarge = tf.neg(tf.log1p(tf.neg(tf.minimum(rest, 0.5))));
  return tf.where(
    stopGradient(() => tf.less(p, rest)),
    ofSmall,
    ofLarge,
  );
}
