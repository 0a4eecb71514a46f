import { quantile } from '../../../harness/statistics/quantile.ts';
import { placesAtStart } from './placesAtStart.ts';
import type { SoftLakeData } from './softLakeJob.ts';

/** The median over seeds of the KL at each of {@link placesAtStart}, nats. */
export function medianKls(seeds: readonly Pick<SoftLakeData, 'kls'>[]): number[] {
  return placesAtStart.map((_, i) =>
    quantile(
      Float64Array.from(seeds, ({ kls }) => kls[i]!),
      0.5,
    ),
  );
}
