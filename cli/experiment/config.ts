import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { formerEngine } from '../../src/engine/runtime/engineNames.ts';
import { parseJson } from '../../src/json.ts';
import {
  describeIssue,
  expectedOneOf,
  nearest,
  schemaField,
  shortened,
  show,
  unwrapSchema,
} from '../../src/options/describe.ts';
import { listOptions } from '../../src/options/list.ts';
import { InputError } from './errors.ts';
import { type AnyExperiment, type CommonConfig, MOST_SEEDS } from './experiment.ts';

type Json = Record<string, unknown>;

/** A setting from the command line: where it goes, what was written, and the option that said so. */
export interface Setting {
  /** Path of the field; `cloning.steps` is `['cloning', 'steps']`. */
  readonly path: readonly string[];
  readonly text: string;
  /** As errors name it: `--seeds`. */
  readonly label: string;
}

export interface ConfigSources {
  /** `OXBOW_ENGINE`, for an experiment that has the setting `engine`. */
  readonly engine?: string | undefined;
  /** Which of the experiment's named sets of settings. */
  readonly preset?: 'quick' | 'full' | undefined;
  /** A JSON file. */
  readonly file?: string | undefined;
  readonly settings?: readonly Setting[];
}

/** Where settings come from: a field of the command line, or a whole file or preset. */
interface Source {
  readonly path: readonly string[];
  readonly label: string;
}

/**
 * The settings of a run: defaults < preset < engine < file < command line.
 * @throws InputError that names the source, the field, the value and what was expected.
 */
export function resolveConfig(
  experiment: AnyExperiment,
  { preset: name, engine, file, settings = [] }: ConfigSources,
): CommonConfig {
  const { schema, presets } = experiment;
  if (name !== undefined && presets[name] === undefined) {
    const known = Object.keys(presets).map((preset) => `--${preset}`);
    throw new InputError(`--${name}: ${experiment.name} has no such settings, expected ${known.join(' or ')}`);
  }
  const preset = name === undefined ? {} : (presets[name] as Json);
  const usualSeeds = schema.parse(preset).seeds;
  const sources: Source[] = name === undefined ? [] : [{ path: [], label: `--${name}` }];
  let asked: Json = {};
  const add = (source: Source, value: Json) => {
    asked = merge(asked, value);
    sources.push(source);
    // Each source by itself, so that a later one does not hide what is wrong in it. What fields must be to each other is seen at the end.
    const parsed = schema.safeParse(merge(preset, expandSeeds(asked, usualSeeds, source)));
    const issue = parsed.error?.issues.find(({ code }) => code !== 'custom');
    if (issue !== undefined) throw inputError(experiment, issue, asked, source);
  };
  if (engine && 'engine' in schema.shape) add({ path: ['engine'], label: 'OXBOW_ENGINE' }, { engine });
  if (file !== undefined) add({ path: [], label: file }, readConfigFile(file));
  for (const { path, text, label } of settings) {
    checkPath(experiment, path, label);
    // A single number of seeds is how many, not a list of one.
    const count = path.join('.') === 'seeds' && !text.includes(',');
    add({ path, label }, nest(path, parseText(text, count ? undefined : schemaField(schema, path))));
  }
  const given = merge(preset, expandSeeds(asked, usualSeeds));
  const { data, error } = schema.safeParse(given, { reportInput: true });
  if (error === undefined) return data;
  const issue = error.issues[0]!;
  const source = sources.findLast(({ path }) => path.every((key, i) => String(issue.path[i]) === key));
  throw inputError(experiment, issue, given, source);
}

/**
 * Checks the config that a run's file holds, whole: a default of today may not be what the run was made with.
 * @throws InputError that names the file, the field, the value and what was expected
 */
export function checkConfig(experiment: AnyExperiment, config: unknown, file: string): void {
  const { data, error } = experiment.schema.safeParse(config);
  if (error !== undefined) throw storedError(experiment, error.issues[0]!, config, file);
  const missing = missingField(data, config);
  if (missing === undefined) return;
  throw new InputError(
    `${file}: has no ${missing.join('.')}, expected all settings of this one: ${ANOTHER}; read it with that one, or make it again`,
  );
}

/**
 * The config that a run's file holds, for who reads trained policies and computes none anew: a run of another oxbow, too. Settings that this
 * one does not have are left out, those that it has besides are its defaults.
 * @param say is told what is left out, in a line
 * @throws InputError that names the file, the field, the value and what was expected
 */
export function readableConfig(
  experiment: AnyExperiment,
  config: unknown,
  file: string,
  say: (line: string) => void = () => {},
): CommonConfig {
  const known = structuredClone(config);
  const foreign: string[] = [];
  if (isObject(known) && formerEngine(known.engine) !== undefined) {
    foreign.push(`engine ${known.engine}`);
    delete known.engine;
  }
  for (;;) {
    const { data, error } = experiment.schema.safeParse(known);
    if (error === undefined) {
      if (foreign.length > 0)
        say(`${file}: ${ANOTHER}, whose ${shortened(foreign.join(', '))} this one has not: left out`);
      return data;
    }
    const issue = error.issues.find(({ code }) => code === 'unrecognized_keys') ?? error.issues[0]!;
    if (issue.code !== 'unrecognized_keys') throw storedError(experiment, issue, config, file);
    const parent = issue.path.reduce((at, key) => (at as Record<PropertyKey, unknown>)[key], known) as Json;
    for (const key of issue.keys) {
      delete parent[key];
      foreign.push([...issue.path, key].join('.'));
    }
  }
}

const ANOTHER = 'another oxbow made the run';

/** What is wrong with a setting that a run has recorded; one that is not known tells of another oxbow. */
function storedError(experiment: AnyExperiment, issue: z.core.$ZodIssue, config: unknown, file: string): InputError {
  const { message } = inputError(experiment, issue, config, { path: [], label: file });
  return new InputError(
    issue.code === 'unrecognized_keys' ? `${message}: ${ANOTHER}; read it with that one, or make it again` : message,
  );
}

/** The path of the first field of an object, or of one in it, that another object has not. */
function missingField(value: unknown, other: unknown): string[] | undefined {
  if (!isObject(value)) return undefined;
  for (const [key, own] of Object.entries(value)) {
    if (own === undefined) continue;
    if (!isObject(other) || !Object.hasOwn(other, key)) return [key];
    const deeper = missingField(own, other[key]);
    if (deeper !== undefined) return [key, ...deeper];
  }
  return undefined;
}

function inputError(experiment: AnyExperiment, issue: z.core.$ZodIssue, value: unknown, source?: Source): InputError {
  const path = [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])].map(String);
  // Which entry of a list is told by its value; which field of an entry is not.
  const within = path.slice(source?.path.length ?? 0);
  const isNamed = within.some((key) => Number.isNaN(Number(key)));
  const where = [
    source?.label,
    ...(source === undefined || source.path.length === 0 || isNamed ? [shortened(within.join('.'))] : []),
  ];
  const problem = describeIssue(experiment.schema, issue, value, `setting of ${experiment.name}`);
  const former = path.join('.') === 'engine' ? formerEngine((value as Json).engine) : undefined;
  return new InputError([`${where.filter(Boolean).join(': ')}: ${problem}`, former].filter(Boolean).join('; '));
}

/** @throws InputError if the schema has no setting at the path */
function checkPath({ schema, name }: AnyExperiment, path: readonly string[], label: string): void {
  if (path.join('.') === 'seed') return;
  for (const [depth, key] of path.entries()) {
    const above = path.slice(0, depth);
    const parent = unwrapSchema(schemaField(schema, above)!);
    if (parent instanceof z.ZodObject) {
      if (Object.hasOwn(parent.shape, key)) continue;
      const known = Object.keys(parent.shape);
      const suggestion = nearest(key, known) ?? deeper(schema, path);
      throw new InputError(`${label}: unknown setting of ${name}, ${expectedOneOf(key, known, { suggestion })}`);
    }
    if (!(parent instanceof z.ZodRecord)) {
      throw new InputError(`${label}: ${above.join('.')} is one setting, expected --set ${above.join('.')}=…`);
    }
  }
}

/** Settings of groups that end in the path: `agent.gamma` for `gamma`. */
function deeper(schema: z.ZodType, path: readonly string[]): string | undefined {
  const found = listOptions(schema).filter(({ name }) => name.endsWith(`.${path.join('.')}`));
  return found.length === 0 ? undefined : found.map(({ name }) => name).join(' or ');
}

function readConfigFile(file: string): Json {
  const value = readJsonFile('--config', file);
  if (!isObject(value)) throw new InputError(`--config: ${file} holds ${show(value)}, expected an object`);
  return value;
}

/** The JSON of a file that an option names. @throws InputError if it cannot be read, or is none */
export function readJsonFile(label: string, file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`${label}: cannot read ${file}: ${(error as Error).message}`);
  }
  try {
    // Some editors begin a file with a byte order mark.
    return parseJson(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new InputError(`${label}: ${file} is not valid JSON: ${(error as Error).message}`);
  }
}

const LARGEST_SEED = Number.MAX_SAFE_INTEGER - MOST_SEEDS;

/** A count of seeds becomes the list base, base + 1, …: `seed` is the base, the first of the usual seeds unless given. */
function expandSeeds(raw: Json, usual: readonly number[], source?: Source): Json {
  const { seed, ...rest } = raw;
  const refuse = (field: string, problem: string) => {
    const label = source === undefined || source.path.length === 0 ? [source?.label, field] : [source.label];
    throw new InputError(`${label.filter(Boolean).join(': ')}: ${problem}`);
  };
  const count = rest.seeds ?? (seed === undefined ? undefined : usual.length);
  if (seed !== undefined && !(Number.isInteger(seed) && (seed as number) >= 0 && (seed as number) <= LARGEST_SEED)) {
    refuse('seed', `got ${show(seed)}, expected an integer from 0 to ${LARGEST_SEED}`);
  }
  if (Array.isArray(count) && seed !== undefined) {
    refuse('seed', `got ${seed} beside the seeds ${show(count)}, expected one or the other`);
  }
  if (count === undefined || Array.isArray(count)) return rest;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > MOST_SEEDS) {
    refuse('seeds', `got ${show(count)}, expected a number of seeds from 1 to ${MOST_SEEDS}, or a list like 3,5,7`);
  }
  const base = (seed as number | undefined) ?? Math.min(...usual);
  return { ...rest, seeds: Array.from({ length: count as number }, (_, i) => base + i) };
}

/** The value that the text stands for: the first reading that the field accepts of JSON, plain text, and a list of either. */
function parseText(text: string, schema: z.ZodType | undefined): unknown {
  const scalar = readJson(text);
  const list = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const readings = [scalar, text, list.map(readJson), list];
  const fit = readings.find((reading) => schema?.safeParse(reading).success);
  if (fit !== undefined) return fit;
  // Nothing fits: the error should speak of what is in it where JSON was written, and of a list's entries where a list was wanted.
  if (typeof scalar === 'object' && scalar !== null) return scalar;
  return schema !== undefined && unwrapSchema(schema) instanceof z.ZodArray && typeof scalar !== 'number'
    ? list.map(readJson)
    : scalar;
}

/** The value of a text that is JSON, else the text. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A value at its path: `{ agent: { gamma: value } }`. */
export function nest(path: readonly string[], value: unknown): Json {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Json;
}

/** Deep for objects; everything else is replaced. No key reaches a prototype. */
function merge(base: Json, over: Json): Json {
  const entries = Object.entries(over).map(([key, value]) => {
    const old = Object.hasOwn(base, key) ? base[key] : undefined;
    return [key, isObject(old) && isObject(value) ? merge(old, value) : value];
  });
  return Object.fromEntries([...Object.entries(base), ...entries]);
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
