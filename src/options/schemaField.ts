import { z } from 'zod';

/** The schema of the field at `path`, if there is one: through objects, lists and records. */
export function schemaField(schema: z.ZodType, path: readonly string[]): z.ZodType | undefined {
  let found: z.ZodType | undefined = schema;
  for (const key of path) {
    if (found === undefined) return undefined;
    found = child(unwrapSchema(found), key);
  }
  return found;
}

function child(schema: z.ZodType, key: string): z.ZodType | undefined {
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  if (schema instanceof z.ZodObject && Object.hasOwn(schema.shape, key)) return schema.shape[key] as z.ZodType;
  return undefined;
}

/** A schema without its default, `optional`, `nullable`, `readonly` and what is done to values before they are checked. */
export function unwrapSchema(schema: z.ZodType): z.ZodType {
  let inner = schema;
  while (
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodPrefault ||
    inner instanceof z.ZodOptional ||
    inner instanceof z.ZodNullable ||
    inner instanceof z.ZodReadonly ||
    inner instanceof z.ZodPipe
  ) {
    inner = (inner instanceof z.ZodPipe ? inner.out : inner.unwrap()) as z.ZodType;
  }
  return inner;
}
