import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../nn/stopGradient.ts';

/** Above any number of [0, 1). */
const NEVER = 2;

/**
 * For draws by inversion: the probability of all categories before each, Σ_{j<k} pⱼ. The category that a uniform number u of [0, 1)
 * stands for is the last one whose entry u has reached. The first entry is exactly 0, so there is always one; a category of
 * probability 0 has the entry of the next one, so it is never the last. Behind the last category that is possible entries are 2:
 * the sum of all probabilities, rounded, may be less than u.
 *
 * @param probabilities sum to 1 along `axis`, to rounding
 */
export function probabilityBefore(probabilities: tf.Tensor, axis: number): tf.Tensor {
  const before = tf.cumsum(probabilities, axis, true);
  const isBehind = stopGradient(() => tf.equal(tf.cumsum(probabilities, axis, false, true), 0));
  return tf.where(isBehind, tf.fill(before.shape, NEVER), before);
}
