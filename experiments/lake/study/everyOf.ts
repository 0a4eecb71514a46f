import { type Bounds, bounded, type Criterion } from '../../../cli/experiment/conclusion.ts';
import type { SummaryRow } from '../../../cli/experiment/experiment.ts';
import { conditionLabel } from '../shared/conditionLabel.ts';

/**
 * One claim about several conditions: it holds where every row is within its bounds, it does not where one row is not; those that are not,
 * or may not be, are named. Undefined of no rows.
 * @param text what is claimed
 */
export function everyOf(
  text: string,
  rows: readonly SummaryRow[],
  boundsOf: (row: SummaryRow) => Omit<Bounds, 'label'>,
): Criterion | undefined {
  if (rows.length === 0) return undefined;
  const judged = rows.map((row) => ({ row, ...boundsOf(row), ...bounded(row, { label: '', ...boundsOf(row) }) }));
  const missed = judged.filter(({ holds }) => holds !== true);
  if (missed.length === 0) return { text: `${text} (all ${judged.length})`, holds: true };
  const named = missed.map(({ row: { condition = '', iqm, low, high }, format }) => {
    const label = conditionLabel(condition);
    if (iqm === null) return `${label}: not measured`;
    const interval = low === null || high === null ? '(one seed)' : `[${format(low)}, ${format(high)}]`;
    return `${label}: ${format(iqm)} ${interval}`;
  });
  return {
    text: `${text}, but ${named.join(', ')}`,
    holds: missed.some(({ holds }) => holds === false) ? false : undefined,
  };
}
