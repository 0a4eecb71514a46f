import type { SummaryRow } from './experiment.ts';

/**
 * A value with its 95 % interval, as a sentence has it: `39.0 % [38.2, 39.8]`; of one seed the value alone.
 * @param unit stands once, after the value
 */
export function withInterval(
  { iqm, low, high }: Pick<SummaryRow, 'iqm' | 'low' | 'high'>,
  format: (value: number) => string,
  unit = '',
): string {
  if (iqm === null) return 'not measured';
  const value = `${format(iqm)}${unit}`;
  return low === null || high === null ? value : `${value} [${format(low)}, ${format(high)}]`;
}
