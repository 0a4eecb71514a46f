import { z } from 'zod';
import { expectedOneOf } from './nearest.ts';
import { optionMeaning } from './optionMeaning.ts';
import { schemaField, unwrapSchema } from './schemaField.ts';

/**
 * What is wrong with one field, on one line: `got VALUE, expected WHAT: MEANING`; for an unknown name the known ones, with the nearest.
 * @param schema of the whole value
 * @param value the whole value, as it was given
 * @param what an unknown name is said to be an unknown one of
 */
export function describeIssue(schema: z.ZodType, issue: z.core.$ZodIssue, value: unknown, what: string): string {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const parent = unwrapSchema(schemaField(schema, path) ?? schema);
    const known = parent instanceof z.ZodObject ? Object.keys(parent.shape) : [];
    return `unknown ${what}, ${expectedOneOf(issue.keys[0]!, known)}`;
  }
  const given = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value);
  // A setting that was left out has its default, which only the issue knows.
  const found = given === undefined ? issue.input : given;
  if (issue.code === 'invalid_value') {
    return `got ${show(found)}, ${expectedOneOf(String(found), issue.values.map(String))}`;
  }
  const field = schemaField(schema, path);
  const integer = field !== undefined && isInteger(unwrapSchema(field));
  const got = `got ${show(found)}, expected `;
  return got + expectation(issue, integer) + gloss(schema, path, issue);
}

function expectation(issue: z.core.$ZodIssue, integer: boolean): string {
  switch (issue.code) {
    case 'invalid_type':
      return `${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected === 'int' ? 'integer' : issue.expected}`;
    case 'too_small':
      return bound(integer ? 'int' : issue.origin, issue.inclusive === false ? '>' : '≥', issue.minimum);
    case 'too_big':
      return bound(integer ? 'int' : issue.origin, issue.inclusive === false ? '<' : '≤', issue.maximum);
    default:
      return issue.message.replaceAll('\n', ' ');
  }
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

/** A value as an error message shows it: JSON, cut where it is long. */
export function show(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && value.constructor !== Object) {
    return `a ${value.constructor?.name ?? 'object'}`;
  }
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
