import type { SummaryRow, Table } from '../experiment.ts';

/** A column of {@link metricTable}. */
export interface MetricColumn {
  readonly metric: string;
  /** The heading, with the unit. */
  readonly label: string;
  readonly format: (value: number) => string;
}

/**
 * One row a policy, one column a metric: `interquartile mean [low, high]`, `[–: one seed]` where one seed has no
 * interval, or `–` where there was nothing to measure.
 */
export function metricTable(title: string, rows: readonly SummaryRow[], columns: readonly MetricColumn[]): Table {
  const policies = [...new Set(rows.map(({ policy }) => policy))];
  const cell = (policy: string, { metric, format }: MetricColumn) => {
    const row = rows.find((candidate) => candidate.policy === policy && candidate.metric === metric);
    if (row?.iqm == null) return '–';
    if (row.low === null || row.high === null) return `${format(row.iqm)} [–: one seed]`;
    return `${format(row.iqm)} [${format(row.low)}, ${format(row.high)}]`;
  };
  return {
    title,
    columns: ['policy', ...columns.map(({ label }) => label)],
    rows: policies.map((policy) => [policy, ...columns.map((column) => cell(policy, column))]),
  };
}

/** The table for a terminal: columns aligned, the first to the left and the others to the right. */
export function textTable({ title, columns, rows }: Table): string {
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    widths
      .map((width, i) => (i === 0 ? (cells[i] ?? '').padEnd(width) : (cells[i] ?? '').padStart(width)))
      .join('  ')
      .trimEnd();
  return [title, line(columns), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
