import type { Table } from '../experiment.ts';

/** A config for readers. */
export interface Settings {
  /** Paths, as `--set` names them, and values. */
  readonly entries: readonly (readonly [string, string])[];
  /** Where things of one kind have settings of their own: a row each. */
  readonly tables: readonly Table[];
}

/** Parts a config into single settings and tables. What holds nothing but records is a table: `tuned.cloning.Lake-v0`, by policy. */
export function settings(config: object, path: readonly string[] = []): Settings {
  const groups = Object.values(config);
  if (groups.length > 0 && groups.every(isRecord)) return { entries: [], tables: [table(config, path.join('.'))] };
  const parts = Object.entries(config).map(([key, value]) =>
    isGroup(value)
      ? settings(value, [...path, key])
      : { entries: [[[...path, key].join('.'), text(value)] as const], tables: [] },
  );
  return { entries: parts.flatMap(({ entries }) => entries), tables: parts.flatMap(({ tables }) => tables) };
}

function table(records: object, title: string): Table {
  const rows = Object.entries(records).map(([name, record]) => ({ name, values: new Map(flatSettings(record)) }));
  const columns = [...new Set(rows.flatMap(({ values }) => [...values.keys()]))];
  return {
    title,
    columns: ['of', ...columns],
    rows: rows.map(({ name, values }) => [name, ...columns.map((column) => values.get(column) ?? '–')]),
  };
}

/** All settings one by one, by path. */
export function flatSettings(value: object, path: readonly string[] = []): [string, string][] {
  return Object.entries(value).flatMap(([key, entry]): [string, string][] =>
    isGroup(entry) ? flatSettings(entry, [...path, key]) : [[[...path, key].join('.'), text(entry)]],
  );
}

/** A group with a setting of its own, not only groups. */
function isRecord(value: unknown): value is object {
  return isGroup(value) && Object.values(value).some((entry) => !isGroup(entry));
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
