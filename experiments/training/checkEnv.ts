import { providerOf } from '../../envs/core/envProvider.ts';
import { envSchema, limitNames } from '../../envs/core/registry.ts';
import { registeredEnvs } from '../../envs/index.ts';
import { describeIssue } from '../../src/options/describeIssue.ts';
import { expectedOneOf } from '../../src/options/nearest.ts';
import { InputError } from '../harness/inputError.ts';

/**
 * @param label whose argument the id is: `train`
 * @throws InputError if there is no such environment
 */
export function checkEnvId(label: string, id: string): void {
  if (!isEnv(id)) throw new InputError(`${label}: got ${id}, ${expectedOneOf(id, registeredEnvs())}`);
}

/** Whether there is an environment of that id. */
export function isEnv(id: string): boolean {
  return providerOf(id) !== undefined || registeredEnvs().includes(id);
}

/**
 * Checks the options of an environment by its schema, if it has one.
 * @param label what is before the dot of an option: `--set env`
 * @throws InputError that begins with the option
 */
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
