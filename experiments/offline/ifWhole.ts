import { type Criterion, pairedSeeds } from '../../cli/experiment/conclusion.ts';
import type { SummaryRow } from '../../cli/experiment/experiment.ts';

/**
 * A claim about two rows, open where a seed is missing: trainings that diverged have no score, and the seeds that are left would flatter the
 * method.
 */
export function ifWhole(
  criterion: Criterion | undefined,
  [a, b]: readonly [SummaryRow | undefined, SummaryRow | undefined],
): Criterion | undefined {
  if (criterion === undefined || pairedSeeds(a!, b!).x.length === a!.perSeed.length) return criterion;
  return { ...criterion, holds: undefined, note: 'a seed is missing, as where a training diverged' };
}
