import { z } from 'zod';
import { describeIssue, show } from '../../src/options/describe.ts';
import { InputError } from '../experiment/inputError.ts';
import {
  countDimensions,
  type Dimension,
  isDimension,
  type SearchSpace,
  type SettingValue,
} from '../experiment/searchSpace.ts';
import { MOST_DIMENSIONS } from '../experiment/sobol.ts';

/** What stands for a setting in a space, as errors say it. */
const DIMENSIONS = '{"choice": […]}, {"uniform": [low, high]} or {"logUniform": [low, high]}';

const bounds = z.tuple([z.number(), z.number()]).refine(([low, high]) => low < high);
const schedule = z
  .array(z.enum(['constant', 'linear']))
  .min(1)
  .optional();
const dimensions = z.union([
  z.strictObject({ choice: z.array(z.unknown()).min(1) }),
  z.strictObject({ uniform: bounds, schedule }),
  z.strictObject({ logUniform: bounds.refine(([low]) => low > 0), schedule }),
]);

/**
 * Checks a space against the settings of a training: each setting exists, and takes every choice and both bounds.
 *
 * @param label whose value the space is: `--space`
 * @param schemas of the settings, of which one at least must take each value: those of each policy
 * @param what an unknown name is said to be an unknown one of
 * @throws InputError, one line, that begins with the label and names the setting
 */
export function checkSpace(
  label: string,
  space: unknown,
  schemas: readonly z.ZodType[],
  { what, search }: { readonly what: string; readonly search: string },
): asserts space is SearchSpace {
  checkPart(label, space, [], schemas, what);
  const count = countDimensions(space as SearchSpace);
  if (count === 0) throw new InputError(`${label}: got no setting to search, expected one at least`);
  if (search === 'sobol' && count > MOST_DIMENSIONS) {
    throw new InputError(
      `${label}: got ${count} dimensions, expected at most the ${MOST_DIMENSIONS} of --search sobol; a schedule counts as one`,
    );
  }
}

function checkPart(
  label: string,
  part: unknown,
  path: readonly string[],
  schemas: readonly z.ZodType[],
  what: string,
): void {
  const where = [label, ...(path.length === 0 ? [] : [path.join('.')])].join(': ');
  if (typeof part !== 'object' || part === null || Array.isArray(part)) {
    const expected = path.length === 0 ? 'an object of settings' : DIMENSIONS;
    throw new InputError(`${where}: got ${show(part)}, expected ${expected}`);
  }
  if (!isDimension(part as Dimension | SearchSpace)) {
    for (const [name, value] of Object.entries(part)) checkPart(label, value, [...path, name], schemas, what);
    return;
  }
  if (path.length === 0 || !dimensions.safeParse(part).success) {
    throw new InputError(`${where}: got ${show(part)}, expected ${DIMENSIONS}, low < high`);
  }
  for (const value of extremes(part as Dimension)) {
    const problems = schemas.map((schema) => problemOf(schema, path, value, what));
    if (!problems.includes(undefined)) throw new InputError(`${where}: ${problems[0]}`);
  }
}

/** The values of a dimension, or those between which all others lie. */
function extremes(dimension: Dimension): SettingValue[] {
  if ('choice' in dimension) return [...dimension.choice];
  const numbers = 'uniform' in dimension ? dimension.uniform : dimension.logUniform;
  const isLinear = dimension.schedule?.includes('linear') === true;
  const isConstant = dimension.schedule?.includes('constant') !== false;
  return [
    ...(isConstant ? numbers : []),
    ...(isLinear ? numbers.map((first): SettingValue => ({ linear: [first, 0] })) : []),
  ];
}

function problemOf(schema: z.ZodType, path: readonly string[], value: unknown, what: string): string | undefined {
  const given = path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
  const { error } = schema.safeParse(given, { reportInput: true });
  const [issue] = error?.issues ?? [];
  return issue && describeIssue(schema, issue, given, what);
}
