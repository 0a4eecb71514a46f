import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { describeIssue, show } from '../../src/options/describeIssue.ts';
import { schemaField, unwrapSchema } from '../../src/options/schemaField.ts';
import type { CommonConfig } from './experiment.ts';
import { InputError } from './inputError.ts';
import type { AnyExperiment } from './registry.ts';

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
  readonly quick?: boolean | undefined;
  /** A JSON file. */
  readonly file?: string | undefined;
  readonly settings?: readonly Setting[];
}

/**
 * The settings of a run: defaults < preset < file < command line.
 * @throws InputError that names the source, the field, the value and what was expected.
 */
export function resolveConfig(experiment: AnyExperiment, { quick, file, settings = [] }: ConfigSources): CommonConfig {
  const preset = quick ? (experiment.presets.quick as Json) : {};
  const layers: { path: readonly string[]; label: string }[] = quick ? [{ path: [], label: '--quick' }] : [];
  let asked: Json = {};
  if (file !== undefined) {
    asked = readConfigFile(file);
    layers.push({ path: [], label: file });
  }
  for (const { path, text, label } of settings) {
    // A single number of seeds is how many, not a list of one.
    const count = path.join('.') === 'seeds' && !text.includes(',');
    asked = merge(asked, nest(path, parseText(text, count ? undefined : schemaField(experiment.schema, path))));
    layers.push({ path, label });
  }
  const usual = experiment.schema.parse(preset);
  const raw = merge(preset, expandSeeds(asked, usual.seeds.length));
  const parsed = experiment.schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const path = [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])].map(String);
  const layer = layers.findLast((source) => source.path.every((key, i) => path[i] === key));
  const where = layer === undefined || layer.path.length === 0 ? [layer?.label, path.join('.')] : [layer.label];
  throw new InputError(
    `${where.filter(Boolean).join(': ')}: ${describeIssue(experiment.schema, issue, raw, `setting of ${experiment.name}`)}`,
  );
}

function readConfigFile(file: string): Json {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`--config: cannot read ${file}: ${(error as Error).message}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`--config: ${file} is not valid JSON: ${(error as Error).message.replaceAll('\n', ' ')}`);
  }
  if (!isObject(value)) throw new InputError(`--config: ${file} holds ${show(value)}, expected an object`);
  return value;
}

/** A count of seeds becomes the list base, base + 1, …, where `seed` is the base; both are shorthands, not settings. */
function expandSeeds(raw: Json, defaultCount: number): Json {
  const { seed, ...rest } = raw;
  const count = rest.seeds ?? (seed === undefined ? undefined : defaultCount);
  if (seed !== undefined && !(Number.isSafeInteger(seed) && (seed as number) >= 0)) {
    throw new InputError(`seed: got ${show(seed)}, expected an integer ≥ 0`);
  }
  if (Array.isArray(count) && seed !== undefined) {
    throw new InputError(`seed: got ${seed} beside the seeds ${show(count)}, expected one or the other`);
  }
  if (count === undefined || Array.isArray(count)) return rest;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > 10_000) {
    throw new InputError(`seeds: got ${show(count)}, expected a number of seeds from 1 to 10000, or a list like 3,5,7`);
  }
  return { ...rest, seeds: Array.from({ length: count }, (_, i) => ((seed as number | undefined) ?? 0) + i) };
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
  // Nothing fits: the error should speak of a list's entries where a list was wanted.
  return schema !== undefined && unwrapSchema(schema) instanceof z.ZodArray && typeof scalar !== 'number'
    ? list.map(readJson)
    : scalar;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function nest(path: readonly string[], value: unknown): Json {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Json;
}

/** Deep for objects; everything else is replaced. */
function merge(base: Json, over: Json): Json {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const old = merged[key];
    merged[key] = isObject(old) && isObject(value) ? merge(old, value) : value;
  }
  return merged;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
