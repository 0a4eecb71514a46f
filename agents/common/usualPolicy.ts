import { Discrete, MultiBinary, MultiDiscrete, type Space } from '../../envs/index.ts';

/** The name of the policy that one takes for such actions without more ado. */
export function usualPolicy(actionSpace: Space): string {
  if (actionSpace instanceof MultiDiscrete || actionSpace instanceof MultiBinary) return 'multi-categorical';
  return actionSpace instanceof Discrete ? 'categorical' : 'gaussian';
}
