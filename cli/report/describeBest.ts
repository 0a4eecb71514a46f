import type { SummaryRow } from '../experiment/experiment.ts';
import { trueMinus } from '../experiment/trueMinus.ts';

/** Options of {@link describeBest}. */
export interface DescribeBestOptions {
  readonly better: 'higher' | 'lower';
  /** What the best has: `fewest drowned`. */
  readonly label: string;
  readonly format: (value: number) => string;
}

/**
 * One metric of all policies in words: who is best, and whom the 95 % intervals do not tell from it. Intervals that overlap are no
 * proof of equality, and the sentence claims none. Undefined if fewer than two policies were measured.
 */
export function describeBest(
  rows: readonly SummaryRow[],
  { better, label, format: plain }: DescribeBestOptions,
): string | undefined {
  const format = (value: number) => trueMinus(plain(value));
  const ranked = rows
    .flatMap((row) => (row.iqm === null ? [] : [{ ...row, iqm: row.iqm }]))
    .sort((a, b) => (better === 'lower' ? a.iqm - b.iqm : b.iqm - a.iqm));
  const [best, ...others] = ranked;
  if (best === undefined || others.length === 0) return undefined;
  const first = `${label}: ${best.policy}, ${format(best.iqm)}`;
  const { low, high } = best;
  if (low === null || high === null || others.every((row) => row.low === null)) {
    return `${first}. One seed tells nothing about the others.`;
  }
  const overlaps = (row: SummaryRow) => row.low === null || row.high === null || (row.low <= high && low <= row.high);
  const [near, apart] = [others.filter(overlaps), others.filter((row) => !overlaps(row))].map((group) =>
    group.map(({ policy, iqm }) => `${policy} (${format(iqm)})`).join(', '),
  );
  return [
    `${first} [${format(low)}, ${format(high)}].`,
    ...(near === '' ? [] : [`Its interval overlaps with that of ${near}.`]),
    ...(apart === '' ? [] : [`Their intervals lie apart from it: ${apart}.`]),
  ].join(' ');
}
