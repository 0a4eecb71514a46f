import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Box } from '../../envs/index.ts';
import type { Rng } from '../../src/index.ts';
import { type Bounds, halfWidths } from '../../src/policies/boxScale.ts';
import { clippedActions } from '../../src/policies/clippedActions.ts';

/** Options of {@link withTargetNoise}. */
export const targetNoiseOptions = {
  targetNoise: z
    .number()
    .nonnegative()
    .default(0.2)
    .meta({ description: "σ of the noise on the target policy's actions", unit: 'half the width of the bounds' }),
  targetNoiseClip: z
    .number()
    .nonnegative()
    .default(0.5)
    .meta({ description: "c, the largest noise on the target policy's actions", unit: 'half the width of the bounds' }),
};

/**
 * a + ε within the bounds, ε ~ clip(N(0, σ²), ±c), by which a value is one of a neighbourhood: `[batch, actionDim]`.
 *
 * Fujimoto, van Hoof and Meger, "Addressing Function Approximation Error in Actor-Critic Methods", arXiv:1802.09477.
 */
export function withTargetNoise(
  actions: tf.Tensor,
  { targetNoise, targetNoiseClip }: { readonly targetNoise: number; readonly targetNoiseClip: number },
  { actionSpace, units = actionSpace }: { readonly actionSpace: Box; readonly units?: Bounds | undefined },
  rng: Rng,
): tf.Tensor {
  const noise = tf.clipByValue(tf.mul(rng.normalTensor(actions.shape), targetNoise), -targetNoiseClip, targetNoiseClip);
  return clippedActions(tf.add(actions, tf.mul(noise, tf.tensor1d(halfWidths(units)))), actionSpace);
}
