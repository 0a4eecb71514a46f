import { randomInt } from 'node:crypto';

/**
 * A share of some things, at least one of them, drawn without repetition, in their own order. Nobody can tell beforehand which: the
 * numbers are those of the system, and no seed gives them again.
 */
export function sampleOf<T>(all: readonly T[], share: number): T[] {
  const chosen = new Set<number>();
  const count = Math.ceil(share * all.length);
  while (chosen.size < count) chosen.add(randomInt(all.length));
  return all.filter((_, i) => chosen.has(i));
}
