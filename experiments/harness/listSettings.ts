import type { z } from 'zod';
import { listOptions } from '../../src/options/listOptions.ts';
import type { Table } from './experiment.ts';

/** All settings of a schema, as a table: the name by which `--set` reaches each, and what it may be and means. */
export function listSettings(title: string, schema: z.ZodType): Table {
  const all = listOptions(schema).map((row) => [row.name, row.type, row.default, row.unit, row.meaning]);
  const columns = ['setting', 'type', 'default', 'unit', 'meaning'];
  const isUsed = (i: number) => i === 0 || all.some((row) => row[i] !== '');
  const rows = all.map((row) => row.filter((_, i) => isUsed(i)));
  return { title, columns: columns.filter((_, i) => isUsed(i)), rows };
}
