import { z } from 'zod';
import type { Table } from './experiment.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * All settings of a schema: the name by which `--set` reaches one, its default, what it may be, and its meaning, as the schema
 * describes it. A group that is described as a whole is one row.
 */
export function listSettings(title: string, schema: z.ZodType): Table {
  const { properties = {} } = z.toJSONSchema(schema, { unrepresentable: 'any' });
  const columns = ['setting', 'default', 'expected', 'meaning'];
  const rows = rowsOf(properties as Record<string, JsonSchema>, '');
  // A schema that says nothing of its fields has no column for it.
  const count = rows.some((row) => row[3] !== '') ? 4 : 3;
  return { title, columns: columns.slice(0, count), rows: rows.map((row) => row.slice(0, count)) };
}

function rowsOf(properties: Record<string, JsonSchema>, prefix: string): string[][] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const path = `${prefix}${key}`;
    if (schema.properties !== undefined && schema.description === undefined) {
      return rowsOf(schema.properties as Record<string, JsonSchema>, `${path}.`);
    }
    return [[path, showDefault(schema.default), expected(schema), schema.description ?? '']];
  });
}

function showDefault(value: unknown): string {
  if (value === undefined) return '';
  if (Array.isArray(value) && value.every((entry) => typeof entry !== 'object')) return value.join(',');
  return typeof value === 'object' && value !== null ? '{…}' : String(value);
}

function expected({
  type,
  items,
  anyOf,
  const: only,
  enum: choices,
  minimum,
  exclusiveMinimum,
  maximum,
}: JsonSchema): string {
  if (anyOf !== undefined) return anyOf.map((one) => expected(one as JsonSchema)).join(' | ');
  if (only !== undefined) return String(only);
  if (choices !== undefined) return choices.join(' | ');
  if (type === 'array') return `list of ${expected(items as JsonSchema)}`;
  const bounds = [
    minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER && `≥ ${minimum}`,
    exclusiveMinimum !== undefined && `> ${exclusiveMinimum}`,
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER && `≤ ${maximum}`,
  ].filter(Boolean);
  return [type ?? 'any', bounds.join(', ')].filter(Boolean).join(' ');
}
