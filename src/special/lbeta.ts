import * as tf from '@tensorflow/tfjs-core';
import { HALF_LOG_TWO_PI } from './halfLogTwoPi.ts';
import { RAISED, stirlingCorrection } from './stirling.ts';

/**
 * log B(a, b) = log Γ(a) + log Γ(b) − log Γ(a + b) for a, b > 0, elementwise, without the cancellation of that sum: with up = a + 4 and
 * down = b + 4, by the recurrence and Stirling's series
 *
 *     log B(a, b) = rest − up · log(1 + down/up) − down · log(1 + up/down)
 *     rest = ½ log 2π + ½ log(1/up + 1/down) + series + log Π_{k<4} (a+b+2k)(a+b+2k+1) / ((a+k)(b+k))
 */
export function lbeta(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [up, down, sum] = [tf.add(a, RAISED), tf.add(b, RAISED), tf.add(a, b)];
  const large = tf.add(tf.mul(up, tf.log1p(tf.div(down, up))), tf.mul(down, tf.log1p(tf.div(up, down))));
  const series = tf.sub(tf.add(stirlingCorrection(up), stirlingCorrection(down)), stirlingCorrection(tf.add(up, down)));
  const logs = Array.from({ length: RAISED }, (_, k) => {
    const first = tf.div(tf.add(sum, 2 * k), tf.add(a, k));
    const second = tf.div(tf.add(sum, 2 * k + 1), tf.add(b, k));
    return tf.add(tf.log(first), tf.log(second));
  });
  const root = tf.mul(tf.log(tf.add(tf.reciprocal(up), tf.reciprocal(down))), 0.5);
  const small = tf.add(tf.add(root, series), HALF_LOG_TWO_PI);
  return tf.sub(
    logs.reduce((total, each) => tf.add(total, each), small),
    large,
  );
}
