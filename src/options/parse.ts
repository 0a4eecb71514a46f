import { z } from 'zod';
import { describeIssue, expectedOneOf, optionMeaning, shortened, show } from './describe.ts';

/**
 * Options checked by a schema, with its defaults; an option that is `undefined` is one that was not given.
 * @param owner whose options they are, as errors name it: `Ppo`
 * @param further names that the owner takes beside those of the schema, and has taken out of the options
 * @throws one line that names the owner, the option, what was got and what was expected
 */
export function parseOptions<S extends z.ZodType>(
  owner: string,
  schema: S,
  options: unknown,
  further: readonly string[] = [],
): z.output<S> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const path = [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])].map(String);
  const where = [owner, shortened(path.join('.'))].filter(Boolean).join(': ');
  throw new Error(`${where}: ${describeIssue(schema, issue, options, 'option', further)}`);
}

type Class = abstract new (...args: never[]) => unknown;

/**
 * What an argument may be: an instance of a class, where `Number`, `String`, `Boolean` and `Function` are what `typeof` calls so (a number
 * is none that is NaN), `Array` is a list or a typed array and `Object` what has fields; a certain text or null; undefined, where it may be left out;
 * or one of several of these.
 */
export type Kind = Class | string | null | undefined | readonly Kind[];

/** The kind of each option: of all that there are, those that may be left out too. */
export type Kinds<T> = { readonly [K in keyof T]-?: Kind };

/**
 * The options of a call, as they are given: what `parseOptions` is for options that hold tensors or functions, at the cost of a look at each.
 * @param owner whose options they are, as errors name it: `Normal`
 * @throws one line, if they are no object, have an unknown name, or one is of another kind
 */
export function checkOptions<T extends object>(owner: string, options: T, kinds: Kinds<T>): T {
  if (typeof options !== 'object' || options === null) {
    throw new Error(`${owner}: got ${show(options)}, expected an object of ${Object.keys(kinds).join(', ')}`);
  }
  for (const name in options) {
    if (!Object.hasOwn(kinds, name)) {
      throw new Error(`${owner}: unknown option ${show(name)}, ${expectedOneOf(name, Object.keys(kinds))}`);
    }
  }
  for (const name in kinds) checkArgument(owner, name, options[name], kinds[name]);
  return options;
}

/** @throws one line, if an argument is of another kind */
export function checkArgument(owner: string, name: string, value: unknown, kind: Kind): void {
  if (isOf(kind, value)) return;
  throw new Error(`${owner}: ${name}: got ${show(value)}, ${expectation(kind, value)}`);
}

/** @throws when `value` is no integer ≥ `low` and ≤ `high` */
export function checkCount(owner: string, name: string, value: unknown, low = 1, high = Infinity): void {
  const isCount = Number.isInteger(value);
  if (isCount && (value as number) >= low && (value as number) <= high) return;
  const range = isCount && (value as number) > high ? `≤ ${high}` : `≥ ${low}`;
  throw new Error(`${owner}: ${name}: got ${show(value)}, expected an integer ${range}`);
}

/** @throws one line, if an argument has not all these methods: those of an interface, whose objects are of any class */
export function checkInterface(owner: string, name: string, value: unknown, methods: readonly string[]): void {
  checkArgument(owner, name, value, Object);
  const missing = methods.find((method) => typeof (value as Record<string, unknown>)[method] !== 'function');
  if (missing === undefined) return;
  throw new Error(
    `${owner}: ${name}: got ${show(value)} without ${missing}(), expected one with ${methods.join(', ')}`,
  );
}

function expectation(kind: Kind, value: unknown): string {
  const choices = Array.isArray(kind) ? kind.filter((each) => each !== undefined) : [];
  const isText = choices.length > 1 && choices.every((each) => typeof each === 'string');
  return isText ? expectedOneOf(String(value), choices) : `expected ${textOf(kind)}`;
}

function isOf(kind: Kind, value: unknown): boolean {
  if (typeof kind !== 'function') {
    return typeof kind === 'object' && kind !== null ? kind.some((each) => isOf(each, value)) : value === kind;
  }
  switch (kind as unknown) {
    case Number:
      return typeof value === 'number' && !Number.isNaN(value);
    case String:
    case Boolean:
    case Function:
      return typeof value === kind.name.toLowerCase();
    case Array:
      return Array.isArray(value) || ArrayBuffer.isView(value);
    case Object:
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return value instanceof kind;
  }
}

function textOf(kind: Kind): string {
  if (typeof kind === 'string') return `'${kind}'`;
  if (kind === null || kind === undefined) return String(kind);
  if (typeof kind === 'object') {
    return kind
      .filter((each) => each !== undefined)
      .map(textOf)
      .join(' or ');
  }
  switch (kind as unknown) {
    case Number:
    case String:
    case Boolean:
    case Function:
      return `a ${kind.name.toLowerCase()}`;
    case Array:
      return 'a list';
    case Object:
      return 'an object';
    default:
      return `${/^[AEIOU]/.test(kind.name) ? 'an' : 'a'} ${kind.name}`;
  }
}

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
