import type { Box } from '../../envs/index.ts';

/** Copies rows of actions into `target`, each component clipped to its bounds. */
export function clipToBox(actions: ArrayLike<number>, { low, high, size }: Box, target: Float32Array): void {
  for (let i = 0; i < target.length; i++) {
    target[i] = Math.min(Math.max(actions[i]!, low[i % size]!), high[i % size]!);
  }
}
