import type { SummaryRow, Table } from '../experiment.ts';
import { groupBy } from '../groupBy.ts';
import { printable } from '../printable.ts';
import { trueMinus } from './trueMinus.ts';

/** A column of {@link metricTable}. */
export interface MetricColumn {
  readonly metric: string;
  /** The heading, with the unit. */
  readonly label: string;
  readonly format: (value: number) => string;
  /** Written once behind the number, and not again in the interval: `%`. */
  readonly unit?: string;
}

const NO_BREAK = '\u00a0';

/**
 * One row a policy: over how many of the run's seeds it is, then one column a metric, `interquartile mean [low, high]`.
 * `[–: one seed]` says that one seed has no interval, `(2 seeds)` that this metric was measured for fewer seeds than the row's, `–`
 * that there was nothing to measure.
 * @throws if two rows are the same metric of the same policy: those of several studies, environments or conditions are several tables
 */
export function metricTable(title: string, rows: readonly SummaryRow[], columns: readonly MetricColumn[]): Table {
  const policies = groupBy(rows, ({ policy }) => policy);
  return {
    title,
    columns: ['policy', 'seeds', ...columns.map(({ label }) => label)],
    rows: [...policies].map(([policy, own]) => {
      for (const [metric, [one, other]] of groupBy(own, ({ metric }) => metric)) {
        if (other === undefined) continue;
        const [of, and] = [one!, other].map(({ study, env, condition }) =>
          [study, env, condition].filter((part) => part !== undefined).join(', '),
        );
        throw new Error(
          `metricTable: '${title}' has ${metric} of ${policy} twice, of ${of} and of ${and}, expected once`,
        );
      }
      const done = Math.max(...own.map(measured));
      const planned = own[0]!.perSeed.length;
      const cells = columns.map((column) =>
        metricCell(
          own.find(({ metric }) => metric === column.metric),
          column,
          done,
        ),
      );
      return [policy, done === planned ? String(done) : `${done} of ${planned}`, ...cells];
    }),
  };
}

/** A line may break only before the interval, and before the number of seeds. */
function metricCell(row: SummaryRow | undefined, { format, unit }: MetricColumn, done: number): string {
  if (row?.iqm == null) return '–';
  const value = unit === undefined ? format(row.iqm) : `${format(row.iqm)} ${unit}`;
  const parts =
    row.low === null || row.high === null
      ? [value, '[–: one seed]']
      : [value, `[${format(row.low)}, ${format(row.high)}]`];
  const seeds = measured(row);
  if (seeds > 1 && seeds < done) parts.push(`(${seeds} seeds)`);
  return trueMinus(parts.map((part) => part.replaceAll(' ', NO_BREAK)).join(' '));
}

function measured({ perSeed }: SummaryRow): number {
  return perSeed.filter((value) => value !== null).length;
}

/** Whether a column holds numbers, which stand to the right, and not words. */
export function isNumeric(cells: readonly string[]): boolean {
  return cells.every((cell) => /^(?:[-−+]?\.?\d|–|$)/.test(cell));
}

/** The table for a terminal: columns aligned, numbers to the right and words to the left. */
export function textTable(table: Table): string {
  const [title, columns] = [printable(table.title), table.columns.map(printable)];
  const rows = table.rows.map((row) => row.map(printable));
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const right = columns.map((_, i) => i > 0 && isNumeric(rows.map((row) => row[i] ?? '')));
  const line = (cells: readonly string[]) =>
    widths
      .map((width, i) => (right[i] ? (cells[i] ?? '').padStart(width) : (cells[i] ?? '').padEnd(width)))
      .join('  ')
      .trimEnd();
  return [title, line(columns), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)]
    .join('\n')
    .replaceAll(NO_BREAK, ' ');
}
