import type { SummaryRow } from './experiment.ts';

/**
 * Of how many seeds a figure is, where some have none: ` (16 of 20 seeds)`; else nothing. A policy that never gets home has no share of a bank,
 * and a mean over the others must not hide it.
 */
export function seedsNote({ perSeed }: Pick<SummaryRow, 'perSeed'>): string {
  const measured = perSeed.filter((value) => value !== null).length;
  return measured === perSeed.length ? '' : ` (${measured} of ${perSeed.length} seeds)`;
}
