import { makeVec, type Space } from '../../envs/index.ts';
import { firstLine } from '../experiment/firstLine.ts';
import { InputError } from '../experiment/inputError.ts';

/**
 * Which actions an environment takes.
 * @param options of the environment
 * @throws InputError if there is no such environment
 */
export function actionSpaceOf(id: string, options: Readonly<Record<string, unknown>>): Space {
  try {
    const env = makeVec(id, options);
    try {
      return env.singleActionSpace;
    } finally {
      env.close();
    }
  } catch (error) {
    throw new InputError(firstLine((error as Error).message));
  }
}
