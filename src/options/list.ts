import { z } from 'zod';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** An option as a list shows it; what it has not is ''. */
export interface OptionRow {
  /** With dots between the names of groups. */
  readonly name: string;
  /** What it may be: `integer > 0`. */
  readonly type: string;
  readonly default: string;
  readonly unit: string;
  readonly meaning: string;
  /** The names that a list of names may hold. */
  readonly names?: readonly string[];
  /** Codes that may stand for names, by the name. */
  readonly codes?: Readonly<Record<string, string>>;
}

/** All options of a schema. A group has a row of its own where it has a meaning; one that is `whole`, by `meta`, has no others. */
export function listOptions(schema: z.ZodType): OptionRow[] {
  const { properties = {} } = z.toJSONSchema(schema, { unrepresentable: 'any' });
  return rowsOf(properties as Record<string, JsonSchema>, '');
}

function rowsOf(properties: Record<string, JsonSchema>, prefix: string): OptionRow[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const name = `${prefix}${key}`;
    const { description: meaning = '', unit = '' } = schema;
    const { enum: names, codes } = (schema.items ?? {}) as JsonSchema;
    const row = {
      name,
      type: typeOf(schema),
      default: showDefault(schema.default),
      unit: String(unit),
      meaning,
      ...(names !== undefined && {
        names: names.map(String),
        codes: (codes ?? {}) as Readonly<Record<string, string>>,
      }),
    };
    if (schema.properties === undefined || schema.whole) return [row];
    const group = meaning === '' ? [] : [{ ...row, type: 'group', default: '' }];
    return [...group, ...rowsOf(schema.properties as Record<string, JsonSchema>, `${name}.`)];
  });
}

function showDefault(value: unknown): string {
  if (value === undefined) return '';
  if (Array.isArray(value) && value.every((entry) => typeof entry !== 'object')) return value.join(',');
  return typeof value === 'object' && value !== null ? '{…}' : String(value);
}

function typeOf({
  type,
  items,
  prefixItems,
  anyOf,
  const: only,
  enum: choices,
  minimum,
  exclusiveMinimum,
  maximum,
  exclusiveMaximum,
}: JsonSchema): string {
  if (anyOf !== undefined) return anyOf.map((one) => typeOf(one as JsonSchema)).join(' | ');
  if (only !== undefined) return String(only);
  if (choices !== undefined) return choices.join(' | ');
  if (prefixItems !== undefined) {
    const each = [...new Set(prefixItems.map((one) => typeOf(one as JsonSchema)))];
    return `list of ${prefixItems.length} × ${each.join(' | ')}`;
  }
  if (type === 'array') return `list of ${typeOf(items as JsonSchema)}`;
  const bounds = [
    minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER && `≥ ${minimum}`,
    exclusiveMinimum !== undefined && `> ${exclusiveMinimum}`,
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER && `≤ ${maximum}`,
    exclusiveMaximum !== undefined && `< ${exclusiveMaximum}`,
  ].filter(Boolean);
  return [type ?? 'any', bounds.join(', ')].filter(Boolean).join(' ');
}
