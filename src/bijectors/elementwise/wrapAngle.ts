import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../../nn/stopGradient.ts';

/** The largest float32 below π: an angle that is wrapped lies in [−π, π) in float64 too. */
const LIMIT = 3.1415925025939941;

/** The angle in [−π, π) that differs from `angle` by whole turns, with slope 1 everywhere. */
export function wrapAngle(angle: tf.Tensor): tf.Tensor {
  const turns = stopGradient(() => tf.mul(tf.floor(tf.mul(tf.add(angle, Math.PI), 0.5 / Math.PI)), 2 * Math.PI));
  const wrapped = tf.sub(angle, turns);
  // float32's π and −π lie beyond π: they are moved inside, by a constant, for a clamp would have slope 0 there.
  return tf.add(
    wrapped,
    stopGradient(() => tf.sub(tf.clipByValue(wrapped, -LIMIT, LIMIT), wrapped)),
  );
}
