import { Box } from '../../envs/index.ts';
import type { ActionSpace } from './vectorEnvFor.ts';

/**
 * @param owner who asks, as errors name it: `Sac`
 * @throws if the actions are discrete
 */
export function checkContinuous(owner: string, actionSpace: ActionSpace): asserts actionSpace is Box {
  if (!(actionSpace instanceof Box)) throw new Error(`${owner}: policy: wanted continuous actions, got discrete ones`);
}
