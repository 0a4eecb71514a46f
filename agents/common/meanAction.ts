import type * as tf from '@tensorflow/tfjs-core';
import type { Policy } from '../../src/index.ts';

/** μ(o), the squash of the policy's exact mode: `[batch, observationDim]` → `[batch, actionDim]`. */
export function meanAction(policy: Policy, observations: tf.Tensor): tf.Tensor {
  const distribution = policy.given(observations);
  return distribution.squash(distribution.mode!());
}
