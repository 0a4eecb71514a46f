import type { SummaryRow } from '../../../cli/experiment/experiment.ts';
import { withInterval } from '../../../cli/experiment/summarize.ts';

/** Nats, to three digits. */
export const nats = (value: number): string => value.toFixed(3);

/** A share in per cent, with a space that does not break. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)}\u00a0%`;

/** A share that is a bound, in per cent without digits that say nothing: `90 %`. */
export const bound = (share: number): string => `${Number((100 * share).toPrecision(3))}\u00a0%`;

/** A share with its 95 % interval, as a sentence has it: `39.0 % [38.2, 39.8]`. */
export const percentWithInterval = (row: Pick<SummaryRow, 'iqm' | 'low' | 'high'>): string =>
  withInterval(row, shareColumn.format, '\u00a0%');

/** How a column of a table has shares: per cent, which its head says. */
export const shareColumn = { format: (value: number) => (100 * value).toFixed(1), unit: '%' } as const;
