import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../../src/nn/stopGradient.ts';

/**
 * min(x, most), entry by entry, whose gradient is 1 everywhere, also where the bound holds: what is too large can still be told to come down.
 *
 * The straight-through estimator of Bengio et al., "Estimating or Propagating Gradients Through Stochastic Neurons", arXiv:1308.3432.
 */
export function boundedAbove(x: tf.Tensor, most: number): tf.Tensor {
  // x − x is 0, and has the gradient of x.
  const without = tf.sub(
    x,
    stopGradient(() => tf.clone(x)),
  );
  return tf.add(
    stopGradient(() => tf.minimum(x, most)),
    without,
  );
}
