import * as tf from '@tensorflow/tfjs-core';
import type { Policy } from '../../src/index.ts';

/** Whether the policy's actions are angles, of which critics are to see the cosine and the sine. */
export function hasAngles(policy: Policy): boolean {
  return tf.tidy(() => policy.given(tf.zeros([1, policy.observationDim])).angles ?? false);
}
