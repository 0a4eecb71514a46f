import type { SummaryRow, Table } from '../../harness/experiment.ts';
import { groupBy } from '../../harness/groupBy.ts';
import { metricTable } from '../../harness/report/table.ts';

const share = { format: (value: number) => (100 * value).toFixed(1), unit: '%' };

/** A table of how walks ended for each environment and condition. */
export function walkTables(title: string, rows: readonly SummaryRow[]): Table[] {
  const columns = [
    { metric: 'drownRate', label: 'drowned', ...share },
    { metric: 'homeRate', label: 'home', ...share },
    { metric: 'return', label: 'return', format: (value: number) => value.toFixed(3) },
    { metric: 'modeBalance', label: 'less used bank', ...share },
  ];
  return [
    ...groupBy(rows, ({ env, condition }) => [title, env, ...(condition === undefined ? [] : [condition])].join(', ')),
  ].map(([heading, own]) => metricTable(heading, own, columns));
}
