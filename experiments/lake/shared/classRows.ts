import type { SummaryRow } from '../../../cli/experiment/experiment.ts';
import { SEVERAL_MODES } from './policyLabel.ts';

/** With which the other classes are compared. */
export const GAUSSIAN = 'gaussian';

/** Which rows of a summary are meant: those of a metric, under a condition or under none, in an environment if one is named. */
export interface WhichRows {
  readonly metric: string;
  readonly condition?: string | undefined;
  readonly env?: string;
}

/** The rows of a metric that were measured, one for each policy. */
export function classRows(rows: readonly SummaryRow[], { metric, condition, env }: WhichRows): SummaryRow[] {
  return rows.filter(
    (row) =>
      row.metric === metric &&
      row.condition === condition &&
      (env === undefined || row.env === env) &&
      row.iqm !== null,
  );
}

/** The Gaussian's row, and that of the class with several modes that speaks for the others; undefined where one of them is missing. */
export function contrast(rows: readonly SummaryRow[]): { gaussian: SummaryRow; other: SummaryRow } | undefined {
  const of = (name: string) => rows.find(({ policy }) => policy === name);
  const gaussian = of(GAUSSIAN);
  const other = SEVERAL_MODES.map(of).find((row) => row !== undefined);
  return gaussian === undefined || other === undefined ? undefined : { gaussian, other };
}
