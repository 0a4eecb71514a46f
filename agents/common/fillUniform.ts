import { Box, type Discrete } from '../../envs/index.ts';
import type { Rng } from '../../src/index.ts';

/** Fills `actions`, `[envs · actionDim]`, with draws that are uniform in a space: a bounded box, or a discrete one. */
export function fillUniform(actions: Float32Array, space: Box | Discrete, rng: Rng): Float32Array {
  if (!(space instanceof Box)) {
    for (let i = 0; i < actions.length; i++) actions[i] = rng.integer(space.start, space.start + space.n);
    return actions;
  }
  const { low, high, size } = space;
  for (let i = 0; i < actions.length; i++) actions[i] = rng.uniform(low[i % size], high[i % size]);
  return actions;
}
