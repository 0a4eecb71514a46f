import * as tf from '@tensorflow/tfjs-core';
import type { Box } from '../../envs/index.ts';
import type { Policy } from '../../src/index.ts';

/** A latent value that no squash into a box brings to an action beyond its bounds. */
const FAR = 1e6;

/**
 * Whether the policy's actions may leave a box: whether the squash of a large latent value does. Angles, and actions that are bounded as
 * they are, stay in it by themselves.
 */
export function leavesBounds(policy: Policy, box: Box): boolean {
  if (policy.boundedActions !== undefined) return false;
  return tf.tidy(() => {
    const distribution = policy.given(tf.zeros([1, policy.observationDim]));
    if (distribution.angles) return false;
    const farthest = [-FAR, FAR].map((end) => distribution.squash(tf.fill([1, box.size], end)).dataSync<'float32'>());
    const { low, high } = box;
    return farthest.some((action) => action.some((x, i) => !(x >= low[i]! && x <= high[i]!)));
  });
}
