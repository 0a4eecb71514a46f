import { Box } from '../../envs/index.ts';
import type { ActionSpace } from './vectorEnvFor.ts';

/** Copies rows of actions into `target`, as the environment gets them: each component of a box clipped to its bounds. */
export function commandActions(actions: ArrayLike<number>, space: ActionSpace, target: Float32Array): void {
  if (!(space instanceof Box)) {
    for (let i = 0; i < target.length; i++) target[i] = actions[i]!;
    return;
  }
  const { low, high, size } = space;
  for (let i = 0; i < target.length; i++) {
    target[i] = Math.min(Math.max(actions[i]!, low[i % size]!), high[i % size]!);
  }
}
