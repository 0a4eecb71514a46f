import { Box, type Discrete } from '../../envs/index.ts';

/**
 * @param owner who asks, as errors name it: `Sac`
 * @throws if the actions are discrete
 */
export function checkContinuous(owner: string, actionSpace: Box | Discrete): asserts actionSpace is Box {
  if (!(actionSpace instanceof Box)) throw new Error(`${owner}: policy: wanted continuous actions, got discrete ones`);
}
