import * as tf from '@tensorflow/tfjs-core';

/**
 * What `fn` returns, as a constant to differentiation: no gradient flows into what it was computed from, and nothing of
 * `fn` is recorded. It is a gradient function with no inputs, since tfjs has no stop-gradient of its own.
 */
export function stopGradient(fn: () => tf.Tensor): tf.Tensor {
  return tf.customGrad(() => ({ value: fn(), gradFunc: () => [] }))();
}
