import type { z } from 'zod';
import { listOptions, type OptionRow } from '../../src/options/list.ts';
import type { Table } from './experiment.ts';

/** A type longer than this, of a list of names, stands below the table. */
const LONGEST_TYPE = 30;

/** A table of settings, and the names that its lists may hold where they are many, by the setting. */
export interface SettingsTable extends Table {
  readonly names: ReadonlyMap<string, readonly string[]>;
}

/** All settings of a schema, as a table: the name by which `--set` reaches each, and what it may be and means. */
export function listSettings(title: string, schema: z.ZodType): SettingsTable {
  const options = listOptions(schema);
  const all = options.map(shortened).map((row) => [row.name, row.type, row.default, row.unit, row.meaning]);
  const columns = ['setting', 'type', 'default', 'unit', 'meaning'];
  const isUsed = (i: number) => i === 0 || all.some((row) => row[i] !== '');
  const rows = all.map((row) => row.filter((_, i) => isUsed(i)));
  const names = new Map(
    options
      .filter(hasManyNames)
      .map(({ name, names = [], codes = {} }) => [
        name,
        names.map((each) => (codes[each] === undefined ? each : `${each} (${codes[each]})`)),
      ]),
  );
  return { title, columns: columns.filter((_, i) => isUsed(i)), rows, names };
}

function hasManyNames({ names, type }: OptionRow): boolean {
  return names !== undefined && type.length > LONGEST_TYPE;
}

function shortened(row: OptionRow): OptionRow {
  if (!hasManyNames(row)) return row;
  return { ...row, type: 'list of names', default: row.default === row.names!.join(',') ? 'all' : row.default };
}
