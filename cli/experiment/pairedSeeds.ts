import type { SummaryRow } from './experiment.ts';

/** The values of two rows for the seeds for which both have one, in the order of the seeds. */
export function pairedSeeds(a: SummaryRow, b: SummaryRow): { readonly x: number[]; readonly y: number[] } {
  const pairs = a.perSeed.flatMap((value, seed) => {
    const other = b.perSeed[seed] ?? null;
    return value === null || other === null ? [] : [[value, other] as const];
  });
  return { x: pairs.map(([value]) => value), y: pairs.map(([, other]) => other) };
}
