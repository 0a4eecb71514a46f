import type { BootstrapInterval, BootstrapOptions } from '../../cli/statistics/bootstrap.ts';
import { pairedDifference } from '../../cli/statistics/comparison.ts';

/** With fewer, all differences lie on one side of the truth more often than once in twenty: no interval of them is sure enough. */
const FEWEST_PAIRS = 5;

/** Settings of an {@link equivalenceTest}. */
export interface EquivalenceOptions extends Pick<BootstrapOptions, 'rng' | 'resamples'> {
  /** The largest difference that does not matter, in the unit of the values. */
  readonly bound: number;
  /** How sure each of the two one-sided tests is; 0.95 unless given: the interval then covers 90 %. */
  readonly confidence?: number | undefined;
}

/** What an {@link equivalenceTest} finds. */
export type Equivalence = BootstrapInterval & {
  /** IQM(x) − IQM(y). */
  readonly difference: number;
  readonly verdict: 'equivalent' | 'different' | 'undecided';
};

/**
 * Whether two policies differ by less than `bound` in their interquartile means: two one-sided tests (Schuirmann 1987), one against a
 * difference of −`bound` or less, one against `bound` or more. Both reject where the interval of the difference that leaves
 * 1 − `confidence` on either side lies within ±`bound`. It is the percentile interval of IQM(x) − IQM(y) over resamples of the
 * pairs (Agarwal et al. 2021, arXiv:2108.13264, has the interquartile mean), so that what a seed does to both cancels.
 *
 * The verdict is `equivalent` where the interval lies within ±`bound`, `different` where it lies beyond one of them, and else
 * `undecided`: also of fewer than five pairs, whatever they are. No significant difference is no proof of equivalence.
 *
 * @param x of one policy, a value for each seed.
 * @param y of the other, of the same seeds.
 * @returns with no interval for a single pair.
 * @throws if the lists differ in length, are empty or hold a number that is not finite, or an option is out of its range.
 */
export function equivalenceTest(x: readonly number[], y: readonly number[], options: EquivalenceOptions): Equivalence {
  const where = 'equivalenceTest';
  const { bound, rng, resamples, confidence = 0.95 } = options;
  if (!(bound > 0 && Number.isFinite(bound))) throw new Error(`${where}: wanted a finite bound > 0, got ${bound}`);
  if (!(confidence > 0.5 && confidence < 1)) {
    throw new Error(`${where}: confidence must lie between 0.5 and 1, got ${confidence}`);
  }
  const { difference, ...interval } = pairedDifference(x, y, { rng, resamples, level: 2 * confidence - 1 });
  if (interval.low === null) return { difference, ...interval, verdict: 'undecided' };
  return { difference, ...interval, verdict: x.length < FEWEST_PAIRS ? 'undecided' : verdictOf(interval, bound) };
}

function verdictOf({ low, high }: { low: number; high: number }, bound: number): Equivalence['verdict'] {
  if (-bound < low && high < bound) return 'equivalent';
  return low > bound || high < -bound ? 'different' : 'undecided';
}

/** The values of two rows for the seeds for which both have one, in the order of the seeds. */
export function pairedSeeds(
  a: { readonly perSeed: readonly (number | null)[] },
  b: { readonly perSeed: readonly (number | null)[] },
): { readonly x: number[]; readonly y: number[] } {
  const pairs = a.perSeed.flatMap((value, seed) => {
    const other = b.perSeed[seed] ?? null;
    return value === null || other === null ? [] : [[value, other] as const];
  });
  return { x: pairs.map(([value]) => value), y: pairs.map(([, other]) => other) };
}
