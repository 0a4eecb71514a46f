import type { z } from 'zod';
import { describeIssue } from './describeIssue.ts';
import { shortened } from './nearest.ts';

/**
 * Options checked by a schema, with its defaults; an option that is `undefined` is one that was not given.
 * @param owner whose options they are, as errors name it: `Ppo`
 * @param further names that the owner takes beside those of the schema, and has taken out of the options
 * @throws one line that names the owner, the option, what was got and what was expected
 */
export function parseOptions<S extends z.ZodType>(
  owner: string,
  schema: S,
  options: unknown,
  further: readonly string[] = [],
): z.output<S> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const path = [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])].map(String);
  const where = [owner, shortened(path.join('.'))].filter(Boolean).join(': ');
  throw new Error(`${where}: ${describeIssue(schema, issue, options, 'option', further)}`);
}
