import type { Rng } from '../../../src/random.ts';

/** How an interval is made by the bootstrap. */
export interface BootstrapOptions {
  /** Where the resamples are drawn from. */
  readonly rng: Rng;
  /** Number of resamples; 50,000 unless given. */
  readonly resamples?: number | undefined;
  /** Coverage of the interval; 0.95 unless given. */
  readonly level?: number | undefined;
}

/** The options with what was not given. @throws if one is out of its range; the error says `where` */
export function completeOptions(
  where: string,
  { rng, resamples = 50_000, level = 0.95 }: BootstrapOptions,
): { rng: Rng; resamples: number; level: number } {
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new Error(`${where}: resamples must be a positive integer, got ${resamples}`);
  }
  if (!(level > 0 && level < 1)) throw new Error(`${where}: level must lie between 0 and 1, got ${level}`);
  return { rng, resamples, level };
}
