import type { SummaryRow } from '../../cli/experiment/experiment.ts';
import { describeBest } from '../../cli/report/table.ts';

/** Nats, to three digits, with their unit. */
export const natsText = (value: number): string => `${value.toFixed(3)}\u00a0nats`;

/** Which family is nearest to the floor, in words. @param rows of the nats above it */
export function nearestToFloor(rows: readonly SummaryRow[]): string | undefined {
  return describeBest(rows, { better: 'lower', label: 'Nearest to the floor', format: natsText });
}
