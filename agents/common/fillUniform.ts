import type { Box } from '../../envs/index.ts';
import type { Rng } from '../../src/index.ts';

/** Fills `actions`, `[envs · actionDim]`, with draws that are uniform in a bounded space. */
export function fillUniform(actions: Float32Array, { low, high, size }: Box, rng: Rng): Float32Array {
  for (let i = 0; i < actions.length; i++) actions[i] = rng.uniform(low[i % size], high[i % size]);
  return actions;
}
