import { Box, type Discrete } from '../../envs/index.ts';
import type { Rng } from '../../src/index.ts';
import type { ActionSpace } from './vectorEnvFor.ts';

/** Fills `actions`, `[envs · actionDim]`, with draws that are uniform in a space: a bounded box, or one of choices. */
export function fillUniform(actions: Float32Array, space: ActionSpace, rng: Rng): Float32Array {
  const { size } = space;
  if (!(space instanceof Box)) {
    // TypeScript does not see that each kind of space writes what it samples.
    const choices = space as Discrete;
    for (let i = 0; i < actions.length; i += size) choices.write(choices.sample(rng), actions, i);
    return actions;
  }
  const { low, high } = space;
  for (let i = 0; i < actions.length; i++) actions[i] = rng.uniform(low[i % size], high[i % size]);
  return actions;
}
