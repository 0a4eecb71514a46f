import { usualPolicy } from '../../agents/common/usualPolicy.ts';
import { makeVec } from '../../envs/index.ts';
import { firstLine } from '../harness/firstLine.ts';
import { InputError } from '../harness/inputError.ts';

/**
 * The policy that one takes for an agent and an environment's actions without more ado.
 * @param options of the environment
 * @throws InputError if there is no such environment
 */
export function usualPolicyOf(agent: string, id: string, options: Readonly<Record<string, unknown>>): string {
  try {
    const env = makeVec(id, options);
    try {
      return usualPolicy(agent, env.singleActionSpace);
    } finally {
      env.close();
    }
  } catch (error) {
    throw new InputError(firstLine((error as Error).message));
  }
}
