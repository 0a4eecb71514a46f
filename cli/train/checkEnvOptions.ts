import { envSchema, limitNames } from '../../envs/core/registry.ts';
import { describeIssue } from '../../src/options/describe.ts';
import { InputError } from '../experiment/inputError.ts';

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
