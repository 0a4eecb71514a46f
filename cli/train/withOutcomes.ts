import type { SummaryRow, Table } from '../experiment/experiment.ts';
import { describeShares } from './shares.ts';

/**
 * A table of metrics, a row a policy, with a last column of how the episodes ended, interquartile means over the seeds; as it is, if no
 * episode says how.
 */
export function withOutcomes(table: Table, summary: readonly SummaryRow[]): Table {
  const outcomes = table.rows.map(([policy]) => {
    const own = summary.filter((row) => row.policy === policy);
    return describeShares(Object.fromEntries(own.map(({ metric, iqm }) => [metric, iqm])));
  });
  if (outcomes.every((text) => text === '–')) return table;
  return {
    ...table,
    columns: [...table.columns, 'outcomes'],
    rows: table.rows.map((row, i) => [...row, outcomes[i]!]),
  };
}
