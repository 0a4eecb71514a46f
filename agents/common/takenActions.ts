import * as tf from '@tensorflow/tfjs-core';
import type { EpsilonGreedyPolicy } from '../../src/index.ts';

/** Which of n actions was taken, as 1 among 0: `[batch, 1]` → `[batch, n]`. */
export function takenActions({ discreteActions: { n, start } }: EpsilonGreedyPolicy, actions: tf.Tensor): tf.Tensor {
  return tf.cast(tf.equal(tf.sub(actions, start), tf.range(0, n, 1, 'float32')), 'float32');
}
