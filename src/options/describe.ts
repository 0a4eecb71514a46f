import { z } from 'zod';

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

/** A value as an error message shows it: JSON, cut where it is long; of typed arrays the first entries, of other objects the class. */
export function show(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  // More than is shown need not be made.
  if (Array.isArray(value)) return shortened(`[${value.slice(0, MOST_SHOWN).map(show).join(',')}]`);
  if (ArrayBuffer.isView(value) && 'length' in value) {
    const entries = Array.from((value as Float32Array).subarray(0, MOST_ENTRIES), show).join(', ');
    const length = value.length as number;
    return `${value.constructor.name} [${entries}${length > MOST_ENTRIES ? `, … ${length} in all` : ''}]`;
  }
  if (typeof value === 'object' && value !== null && value.constructor !== Object) {
    return `a ${value.constructor?.name ?? 'object'}`;
  }
  const begin = typeof value === 'string' ? value.slice(0, MOST_SHOWN) : value;
  try {
    return shortened(JSON.stringify(begin) ?? String(value));
  } catch {
    // It holds itself, or something that JSON has no form for.
    return String(value);
  }
}

/** The longest names that are compared: whoever wrote one may have written megabytes. */
const LONGEST_NAME = 64;
/** How many characters an error shows of a name or a value. */
const MOST_SHOWN = 80;
/** And how many entries of a typed array. */
const MOST_ENTRIES = 6;

/**
 * How many letters differ, in upper or lower case; two that changed places are one (optimal string alignment). A name without a namespace is
 * compared with what stands behind that of the choice: `Hopper-v5` is `mujoco/Hopper-v5`. Infinity where one is longer than 64 letters.
 */
export function lettersApart(name: string, choice: string): number {
  if (name.length > LONGEST_NAME || choice.length > LONGEST_NAME) return Infinity;
  const end = name.includes('/') ? choice : choice.slice(choice.lastIndexOf('/') + 1);
  return alignmentDistance(name.toLowerCase(), end.toLowerCase());
}

/** Letters to add, leave out, replace or swap with the next, each letter being touched once. */
function alignmentDistance(a: string, b: string): number {
  let [before, above] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = Number(a[i - 1] !== b[j - 1]);
      row[j] = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + cost);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    [before, above] = [above, row];
  }
  return above[b.length]!;
}

/** The choice that `name` is most likely a misspelling of, if any is near: at most a third of its letters differ. */
export function nearest(name: string, choices: readonly string[]): string | undefined {
  const near = choices
    .map((choice) => ({ choice, distance: lettersApart(name, choice) }))
    .filter(({ choice, distance }) => distance <= Math.max(1, Math.ceil(Math.max(name.length, choice.length) / 3)))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.choice;
}

/**
 * `expected one of a, b` with a suggestion.
 * @param shown how the choices read
 * @param suggestion the nearest one unless given
 */
export function expectedOneOf(
  name: string,
  choices: readonly string[],
  {
    shown = choices,
    suggestion = nearest(name, choices),
  }: { readonly shown?: readonly string[]; readonly suggestion?: string | undefined } = {},
): string {
  if (choices.length === 0) return 'expected none';
  return `expected one of ${shown.join(', ')}${suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`}`;
}

/** A text as an error quotes it, cut where it is long. */
export function shortened(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN - 3)}...` : text;
}

/** What an option means: words in lower case without a full stop, of which those before the first semicolon stand alone. */
interface OptionMeaning {
  readonly description?: string;
  readonly unit?: string;
}

/** What the schema of an option says of it by `describe` and `meta`; an outer layer says it in the place of an inner one. */
export function optionMeaning(schema: z.ZodType): OptionMeaning {
  const metas = schemaLayers(schema).map((layer) => layer.meta());
  const description = metas.find((meta) => meta?.description !== undefined)?.description;
  const unit = metas.find((meta) => meta?.unit !== undefined)?.unit;
  return { ...(description !== undefined && { description }), ...(unit !== undefined && { unit: String(unit) }) };
}

/** The default of an option; undefined where it has none. */
export function optionDefault(schema: z.ZodType): unknown {
  const layer = schemaLayers(schema).find((each) => each instanceof z.ZodDefault);
  return layer?.def.defaultValue;
}

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
function schemaLayers(schema: z.ZodType): z.ZodType[] {
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

const said = new Set<string>();

/** Tells the user one line that is no error, by `console.warn`; the same line once in a process. */
export function note(line: string): void {
  if (said.has(line)) return;
  said.add(line);
  console.warn(line);
}
