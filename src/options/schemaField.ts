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
  return schemaLayers(schema).at(-1)!;
}

/** A schema, what it wraps, and so on, from the outside to the inside. */
export function schemaLayers(schema: z.ZodType): z.ZodType[] {
  const layers = [schema];
  for (;;) {
    const outer = layers.at(-1)!;
    if (
      outer instanceof z.ZodDefault ||
      outer instanceof z.ZodPrefault ||
      outer instanceof z.ZodOptional ||
      outer instanceof z.ZodNullable ||
      outer instanceof z.ZodReadonly
    ) {
      layers.push(outer.unwrap() as z.ZodType);
    } else if (outer instanceof z.ZodPipe) {
      layers.push(outer.out as z.ZodType);
    } else {
      return layers;
    }
  }
}
