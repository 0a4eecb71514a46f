import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { mapValues } from './mapValues.ts';
import { type Dimension, isDimension, type SearchSpace, type Settings, type SettingValue } from './searchSpace.ts';

/** Search spaces by study and policy. */
export type SearchSpaces = Readonly<Record<string, Readonly<Record<string, SearchSpace>>>>;

/** The settings in use, by study, environment and policy. */
export type Tuned = Record<string, Record<string, Record<string, Settings>>>;

/**
 * The field `tuned` of an experiment's schema: for each study, environment and policy the settings that its search space has,
 * each with the value in `best` as its default.
 * @throws if `best` lacks an entry or has one that the search space does not know
 */
export function tunedSchema(spaces: SearchSpaces, best: Tuned): z.ZodType<Tuned> {
  const studies = Object.entries(best).map(([study, environments]) => {
    const byEnvironment = mapValues(environments, (policies) =>
      z
        .strictObject(mapValues(spaces[study]!, (space, policy) => settingsSchema(space, policies[policy])))
        .prefault({}),
    );
    return [study, z.strictObject(byEnvironment).prefault({})];
  });
  // Lists show it as one, since it is found rather than chosen.
  const schema = z.strictObject(Object.fromEntries(studies)).meta({ whole: true }).prefault({});
  schema.parse(best);
  return schema as unknown as z.ZodType<Tuned>;
}

/** A setting without a best value has no default: the check of `best` finds it. */
function settingsSchema(space: SearchSpace, best: Settings = {}): z.ZodType {
  const fields = mapValues(space, (part, name) => {
    if (!isDimension(part)) return settingsSchema(part, best[name] as Settings);
    const value = valueSchema(part);
    return name in best ? value.default(best[name] as SettingValue) : value;
  });
  return z.strictObject(fields).prefault({});
}

/** What a setting may be: one of the searched values, or a number like the searched ones, also beyond their range. */
function valueSchema(dimension: Dimension): z.ZodType {
  if (!('choice' in dimension)) {
    const number = z.number().positive();
    return dimension.schedule?.includes('linear') ? z.union([number, linearSchema]) : number;
  }
  const { choice } = dimension;
  if (choice.every((value) => typeof value === 'number')) {
    const number = choice.every(Number.isInteger) ? z.int() : z.number();
    return Math.min(...choice) > 0 ? number.positive() : number.nonnegative();
  }
  if (choice.every((value) => typeof value !== 'object' || value === null)) return z.literal([...choice]);
  const names = choice.map((value) => JSON.stringify(value)).join(' or ');
  return z.custom((value) => choice.some((one) => isDeepStrictEqual(one, value)), names);
}

const linearSchema = z.strictObject({ linear: z.tuple([z.number().nonnegative(), z.number().nonnegative()]) });
