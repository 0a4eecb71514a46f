import { z } from 'zod';
import { optionMeaning } from './optionMeaning.ts';

/** A schema whose fields have these defaults; one that a field does not take is left out. */
export function withDefaults({ shape }: z.ZodObject, values: Readonly<Record<string, unknown>>): z.ZodObject {
  const fields = Object.entries(shape as Record<string, z.ZodType>);
  return z.strictObject(Object.fromEntries(fields.map(([name, field]) => [name, withDefault(field, values[name])])));
}

/** A field that has this default, if it takes it. */
export function withDefault<S extends z.ZodType>(field: S, value: unknown): S {
  if (value === undefined || !field.safeParse(value).success) return field;
  const bare = field instanceof z.ZodDefault ? (field.unwrap() as z.ZodType) : field;
  return likewise(bare.default(value), field) as unknown as S;
}

/** A schema that means what another does. */
export function likewise(schema: z.ZodType, meaning: z.ZodType): z.ZodType {
  return schema.meta({ ...optionMeaning(meaning) });
}
