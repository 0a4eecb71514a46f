import { Discrete, MultiBinary, MultiDiscrete, type Space } from '../../envs/index.ts';
import { agentNamed } from '../builtinAgents.ts';

/** The name of the policy that one takes for an agent and such actions without more ado. */
export function usualPolicy(agent: string, actionSpace: Space): string {
  const { usualPolicy: own } = agentNamed(agent) ?? {};
  if (own !== undefined) return own;
  if (actionSpace instanceof MultiDiscrete || actionSpace instanceof MultiBinary) return 'multi-categorical';
  return actionSpace instanceof Discrete ? 'categorical' : 'gaussian';
}
