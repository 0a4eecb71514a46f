import { Discrete, type Space } from '../../envs/index.ts';

/** The name of the policy that one takes for such actions without more ado. */
export function usualPolicy(actionSpace: Space): string {
  return actionSpace instanceof Discrete ? 'categorical' : 'gaussian';
}
