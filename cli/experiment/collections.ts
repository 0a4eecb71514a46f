import { randomInt } from 'node:crypto';

/** The values by key, keys and values in their first order. */
export function groupBy<T, K>(values: Iterable<T>, key: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const value of values) {
    const group = groups.get(key(value));
    if (group === undefined) groups.set(key(value), [value]);
    else group.push(value);
  }
  return groups;
}

/** The record with each value mapped. */
export function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  map: (value: T, key: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}

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
