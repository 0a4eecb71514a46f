import { mapValues } from '../experiment/collections.ts';
import type { CommonConfig, Table } from '../experiment/experiment.ts';
import type { Tuned } from '../experiment/tuned.ts';

/** A config for readers. */
interface Settings {
  /** Paths, as `--set` names them, and values. */
  readonly entries: readonly (readonly [string, string])[];
  /** Where things of one kind have settings of their own: a row each. */
  readonly tables: readonly Table[];
}

/**
 * Parts a config into single settings and tables. What holds nothing but records is a table: `tuned.cloning.Lake-v0`, by policy. So is
 * a list of records: `soft.lake.tasks`, by number.
 */
export function settings(config: object, path: readonly string[] = []): Settings {
  const groups = Object.values(config);
  if (groups.length > 0 && groups.every(isRecord)) return { entries: [], tables: tables(config, path) };
  const parts = Object.entries(config).map(([key, value]): Settings => {
    const at = [...path, key];
    if (isRecords(value)) return { entries: [], tables: tables(numbered(value), at) };
    return isGroup(value) ? settings(value, at) : { entries: [[at.join('.'), text(value)]], tables: [] };
  });
  return { entries: parts.flatMap(({ entries }) => entries), tables: parts.flatMap(({ tables }) => tables) };
}

/** Records as a table, then the lists of records that they hold. */
function tables(records: object, path: readonly string[]): Table[] {
  const rows = Object.entries(records).map(([name, record]) => ({ name, values: new Map(flatten(record, [], false)) }));
  const columns = [...new Set(rows.flatMap(({ values }) => [...values.keys()]))];
  const table = {
    title: path.join('.'),
    columns: ['of', ...columns],
    rows: rows.map(({ name, values }) => [name, ...columns.map((column) => values.get(column) ?? '–')]),
  };
  return [table, ...listsIn(records, path)];
}

function listsIn(value: object, path: readonly string[]): Table[] {
  return Object.entries(value).flatMap(([key, entry]) => {
    if (isRecords(entry)) return tables(numbered(entry), [...path, key]);
    return isGroup(entry) ? listsIn(entry, [...path, key]) : [];
  });
}

/** All settings one by one, by path; the records of a list by their numbers from 1 on. */
export function flatSettings(value: object): [string, string][] {
  return flatten(value, [], true);
}

/** @param lists whether lists of records are among them */
function flatten(value: object, path: readonly string[], lists: boolean): [string, string][] {
  return Object.entries(value).flatMap(([key, entry]): [string, string][] => {
    const at = [...path, key];
    if (isRecords(entry)) return lists ? flatten(numbered(entry), at, lists) : [];
    return isGroup(entry) ? flatten(entry, at, lists) : [[at.join('.'), text(entry)]];
  });
}

/** A group with a setting of its own, not only groups. */
function isRecord(value: unknown): value is object {
  return isGroup(value) && Object.values(value).some((entry) => !isGroup(entry) && !isRecords(entry));
}

function isRecords(value: unknown): value is readonly object[] {
  return Array.isArray(value) && value.length > 0 && value.every(isRecord);
}

function numbered(records: readonly object[]): object {
  return Object.fromEntries(records.map((record, i) => [i + 1, record]));
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return Array.isArray(value)
    ? value.map(text).join(', ') || '–'
    : isGroup(value)
      ? JSON.stringify(value)
      : String(value);
}

/** A config without what decides nothing in its run. */
interface OwnSettings {
  readonly config: CommonConfig;
  /** The environments whose settings are not in it, in the order of the config. */
  readonly environmentsLeftOut: readonly string[];
  /** The policies whose settings are not in it, in the order of the config. */
  readonly policiesLeftOut: readonly string[];
}

/**
 * What a reader needs of a run's config: of the settings that were searched, `tuned`, by study, environment and policy, those of the run's
 * environments and policies. All else stays.
 */
export function ownSettings(config: CommonConfig): OwnSettings {
  const { tuned } = config as CommonConfig & { readonly tuned?: Tuned };
  if (tuned === undefined) return { config, environmentsLeftOut: [], policiesLeftOut: [] };
  const own = mapValues(tuned, (environments) =>
    mapValues(only(environments, config.environments), (policies) => only(policies, config.policies)),
  );
  const all = Object.values(tuned);
  const leftOut = (names: readonly string[], own: readonly string[]) =>
    [...new Set(names)].filter((name) => !own.includes(name));
  return {
    config: { ...config, tuned: withoutEmpty(mapValues(own, withoutEmpty)) } as CommonConfig,
    environmentsLeftOut: leftOut(all.flatMap(Object.keys), config.environments),
    policiesLeftOut: leftOut(all.flatMap(Object.values).flatMap(Object.keys), config.policies),
  };
}

/** The entries of these names. */
function only<T>(record: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)));
}

function withoutEmpty<T extends object>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => Object.keys(value).length > 0));
}
