import { providerOf } from '../../envs/core/envProvider.ts';
import { loadableNamespaces } from '../../envs/core/loadEnv.ts';
import { loadEnv, registeredEnvs } from '../../envs/index.ts';
import { expectedOneOf } from '../../src/options/describe.ts';
import { firstLine } from '../experiment/firstLine.ts';
import { InputError } from '../experiment/inputError.ts';

/**
 * Loads what an environment needs.
 * @param label whose argument the id is: `train`
 * @throws InputError if there is no such environment, or a package that it needs is not installed
 */
export async function loadNamedEnv(label: string, id: string): Promise<void> {
  const problem = await loadProblem(id);
  if (!isMade(id)) {
    await loadAllEnvs();
    const known = expectedOneOf(id, registeredEnvs());
    throw new InputError(`${label}: got ${id}, ${known}; one of your own needs --load <file>, which registers it`);
  }
  if (problem !== undefined) throw new InputError(problem);
}

/**
 * Loads what environments of oxbow need.
 * @returns why some cannot be loaded, a line each
 */
export async function loadAllEnvs(): Promise<string[]> {
  const problems = await Promise.all(loadableNamespaces().map((namespace) => loadProblem(`${namespace}/`)));
  return problems.filter((problem) => problem !== undefined);
}

/** Why an environment cannot be loaded, a line. Its id is registered all the same. */
async function loadProblem(id: string): Promise<string | undefined> {
  try {
    await loadEnv(id);
    return undefined;
  } catch (error) {
    return firstLine((error as Error).message);
  }
}

/** Whether there is an environment of that id. Loads what it needs. */
export async function isEnv(id: string): Promise<boolean> {
  await loadProblem(id);
  return isMade(id);
}

function isMade(id: string): boolean {
  return providerOf(id) !== undefined || registeredEnvs().includes(id);
}
