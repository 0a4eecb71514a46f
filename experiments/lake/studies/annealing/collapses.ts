import type { SummaryRow } from '../../../harness/experiment.ts';
import { wilsonInterval } from '../../../harness/statistics/wilsonInterval.ts';
import { percent } from '../../shared/percent.ts';

/** A policy with less than this share of its actions on one of the banks has collapsed onto the other. */
export const COLLAPSED = 0.03;

/** How many seeds have collapsed, with Wilson's interval of the share: `1 of 3 [6.1 %, 79.2 %]`. */
export function collapses({ perSeed }: SummaryRow): string {
  const measured = perSeed.filter((share) => share !== null);
  if (measured.length === 0) return '–';
  const count = measured.filter((share) => share < COLLAPSED).length;
  const { low, high } = wilsonInterval(count, measured.length);
  return `${count} of ${measured.length} [${percent(low)}, ${percent(high)}]`;
}
