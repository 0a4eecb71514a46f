import * as tf from '@tensorflow/tfjs-core';
import { HALF_LOG_TWO_PI } from './halfLogTwoPi.ts';
import { RAISED, stirlingCorrection } from './stirling.ts';

/**
 * log Γ(x) for x > 0, elementwise; ∞ at 0. With y = x + 4 and Stirling's series at y:
 *
 *     log Γ(x) = (x − ½) log y − y + ½ log 2π + 1/(12 y) − … − log Π_{k<4} (x + k)/y
 */
export function lgamma(x: tf.Tensor): tf.Tensor {
  const y = tf.add(x, RAISED);
  const quotients = Array.from({ length: RAISED }, (_, k) => tf.div(tf.add(x, k), y));
  const main = tf.sub(tf.mul(tf.sub(x, 0.5), tf.log(y)), tf.sub(y, HALF_LOG_TWO_PI));
  return tf.add(
    main,
    tf.sub(stirlingCorrection(y), tf.log(quotients.reduce((product, each) => tf.mul(product, each)))),
  );
}
