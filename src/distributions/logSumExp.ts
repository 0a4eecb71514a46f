import * as tf from '@tensorflow/tfjs-core';
import { impossibleOutside } from './impossibleOutside.ts';

/** The largest finite float32. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** log Σ eˣ along an axis; −∞, with gradient 0, where all of x are. tfjs's own gives NaN there: −∞ less their maximum, −∞. */
export function logSumExp(x: tf.Tensor, axis: number): tf.Tensor {
  const isPossible = () => tf.max(tf.cast(tf.notEqual(x, Number.NEGATIVE_INFINITY), 'float32'), axis);
  return impossibleOutside(() => tf.greater(isPossible(), 0), tf.logSumExp(tf.maximum(x, -LARGEST), axis));
}
