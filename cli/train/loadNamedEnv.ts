import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { envSchema, limitNames, loadableNamespaces, noteLoaded, providerOf } from '../../envs/core/registry.ts';
import { loadEnv, makeVec, registeredEnvs, type Space } from '../../envs/index.ts';
import { describeIssue, expectedOneOf } from '../../src/options/describe.ts';
import { InputError, orInputError, toErrorData } from '../experiment/errors.ts';
import { firstLine } from '../experiment/text.ts';

/** Loads what an environment needs. @throws InputError if there is no such one, or a package that it needs is not installed */
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

/** Checks the options of an environment by its schema, if it has one. @throws InputError that begins with the option */
export function checkEnvOptions(label: string, id: string, options: Readonly<Record<string, unknown>>): void {
  const schema = envSchema(id);
  if (schema === undefined) return;
  const others = Object.fromEntries(
    Object.entries(options).filter(([name]) => !(limitNames as readonly string[]).includes(name)),
  );
  const issue = schema.safeParse(others).error?.issues[0];
  if (issue === undefined) return;
  const path = [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])];
  const problem = describeIssue(schema, issue, others, `option of ${id}`, limitNames);
  throw new InputError(`${[label, ...path].join('.')}: ${problem}`);
}

/** Which actions an environment with these options takes. @throws InputError if there is no such environment */
export function actionSpaceOf(id: string, options: Readonly<Record<string, unknown>>): Promise<Space> {
  return orInputError(() => {
    const env = makeVec(id, options);
    env.close();
    return env.singleActionSpace;
  });
}

/**
 * Imports a user's own modules, which register environments and policies, or export experiments. Returns their absolute paths.
 * @throws InputError that names the module, if it is not there, or throws
 */
export async function loadModules(paths: readonly string[], label = '--load'): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const file = resolve(path);
    if (!existsSync(file)) throw new InputError(`${label}: got ${path}, expected a module's file; there is none`);
    try {
      await import(pathToFileURL(file).href);
    } catch (error) {
      const { code, message } = toErrorData(error);
      const hint =
        code === 'ERR_UNKNOWN_FILE_EXTENSION' ? "; NODE_OPTIONS='--import tsx' makes Node read TypeScript" : '';
      throw new InputError(`${label}: ${path}: ${firstLine(message)}${hint}`);
    }
    noteLoaded(pathToFileURL(file).href);
    files.push(file);
  }
  return files;
}

/** Whether two ids name one task, by whatever package: `mujoco/Hopper-v5` and `gymnasium:Hopper-v5`. */
export function isSameTask(a: string, b: string): boolean {
  const task = (id: string) => id.slice(Math.max(id.lastIndexOf('/'), id.lastIndexOf(':')) + 1);
  return task(a) === task(b);
}
