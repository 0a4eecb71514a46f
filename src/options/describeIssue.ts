import { z } from 'zod';
import { expectedOneOf, MOST_SHOWN, shortened } from './nearest.ts';
import { optionMeaning } from './optionMeaning.ts';
import { schemaField, unwrapSchema } from './schemaField.ts';

/**
 * What is wrong with one field, on one line: `got VALUE, expected WHAT: MEANING`; for an unknown name the known ones, with the nearest.
 * @param schema of the whole value
 * @param value the whole value, as it was given
 * @param what an unknown name is said to be an unknown one of
 * @param further names that are known beside those of the schema
 */
export function describeIssue(
  schema: z.ZodType,
  issue: z.core.$ZodIssue,
  value: unknown,
  what: string,
  further: readonly string[] = [],
): string {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const known = namesOf(unwrapSchema(schemaField(schema, path) ?? schema));
    return `unknown ${what}, ${expectedOneOf(issue.keys[0]!, path.length === 0 ? [...known, ...further] : known)}`;
  }
  const given = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value);
  // A setting that was left out has its default, which only the issue knows.
  const found = given === undefined ? issue.input : given;
  const field = schemaField(schema, path);
  if (issue.code === 'invalid_value') {
    const names = issue.values.map(String);
    return `got ${show(found)}, ${expectedOneOf(nameOf(found), names, { shown: names.map(withCode(field)) })}`;
  }
  // The types that a union tells apart, which zod's types leave out.
  const types = (issue as { readonly options?: readonly unknown[] }).options;
  if (issue.code === 'invalid_union' && types !== undefined) {
    return `got ${show(found)}, ${expectedOneOf(nameOf(found), types.map(String))}`;
  }
  return `got ${show(found)}, expected ${expectation(issue, field)}${gloss(schema, path, issue)}`;
}

/** The fields of an object, or of those that a union has. */
function namesOf(schema: unknown): string[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(namesOf);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** `E1 (cloning)` of a name that has a code, by the `codes` of its schema's `meta`. */
function withCode(field: z.ZodType | undefined): (name: string) => string {
  const codes = field && (unwrapSchema(field).meta()?.codes as Readonly<Record<string, string>> | undefined);
  return (name) => (codes?.[name] === undefined ? name : `${codes[name]} (${name})`);
}

/** @param field the schema of what the issue is of */
function expectation(issue: z.core.$ZodIssue, field: z.ZodType | undefined): string {
  const unwrapped = field && unwrapSchema(field);
  const integer = unwrapped !== undefined && isInteger(unwrapped);
  switch (issue.code) {
    case 'invalid_union':
      // A union that says itself what it takes says it better.
      return issue.message.startsWith('Invalid input') ? alternatives(issue, field) : issue.message;
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'invalid_type':
      if (unwrapped instanceof z.ZodTuple) return `a list of ${unwrapped.def.items.length} entries`;
      return `${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected === 'int' ? 'integer' : issue.expected}`;
    case 'too_small':
      return bound(integer ? 'int' : issue.origin, issue.inclusive === false ? '>' : '≥', issue.minimum);
    case 'too_big':
      return bound(integer ? 'int' : issue.origin, issue.inclusive === false ? '<' : '≤', issue.maximum);
    default:
      return issue.message.replaceAll('\n', ' ');
  }
}

/** What each schema of a union expects. */
function alternatives({ errors }: z.core.$ZodIssueInvalidUnion, field: z.ZodType | undefined): string {
  const union = field && unwrapSchema(field);
  const options = union instanceof z.ZodUnion ? (union.options as readonly z.ZodType[]) : [];
  const expected = errors.map(([issue], i) => alternative(issue!, options[i]));
  return [...new Set(expected)].join(', or ');
}

function alternative(issue: z.core.$ZodIssue, schema: z.ZodType | undefined): string {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') return `one without ${shortened([...path, issue.keys[0]!].join('.'))}`;
  const expected =
    issue.code === 'invalid_value'
      ? issue.values.map(show).join(' or ')
      : expectation(issue, schema && schemaField(schema, path));
  return path.length === 0 ? expected : `one whose ${shortened(path.join('.'))} is ${expected}`;
}

/** In short what the field means, or the list that it is an entry of; what has a message of its own needs no more. */
function gloss(schema: z.ZodType, path: readonly string[], { code }: z.core.$ZodIssue): string {
  if (code === 'custom') return '';
  const option = Number.isNaN(Number(path.at(-1))) ? path : path.slice(0, -1);
  const field = schemaField(schema, option);
  const meaning = field && optionMeaning(field).description;
  return meaning === undefined ? '' : `: ${meaning.split(';')[0]}`;
}

function isInteger(schema: z.ZodType): boolean {
  return schema instanceof z.ZodNumber && schema.isInt;
}

function bound(origin: string, sign: string, limit: number | bigint): string {
  if (origin === 'array' || origin === 'set')
    return `a list of ${sign} ${limit} ${Number(limit) === 1 ? 'entry' : 'entries'}`;
  if (origin === 'string') return `text of ${sign} ${limit} characters`;
  return `${origin === 'int' ? 'an integer' : 'a number'} ${sign} ${limit}`;
}

/** What may be a misspelt name: an object of a file's may have a `toString` that is none. */
function nameOf(value: unknown): string {
  return typeof value === 'object' ? '' : String(value);
}

/** A value as an error message shows it: JSON, cut where it is long. */
export function show(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && value.constructor !== Object) {
    return `a ${value.constructor?.name ?? 'object'}`;
  }
  // More than is shown need not be made.
  const begin = typeof value === 'string' || Array.isArray(value) ? value.slice(0, MOST_SHOWN) : value;
  return shortened(JSON.stringify(begin) ?? String(value));
}
