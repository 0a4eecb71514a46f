import { type Criterion, pairedSeeds } from '../../cli/experiment/conclusion.ts';
import type { SummaryRow } from '../../cli/experiment/experiment.ts';
import { trueMinus } from '../../cli/experiment/text.ts';
import { equivalenceTest } from '../../cli/statistics/comparison.ts';
import { Rng } from '../../src/random.ts';

/** Options of {@link equivalentRows}. */
export interface EquivalentRowsOptions {
  /** What is compared: `spline − gaussian, return`. */
  readonly label: string;
  /** The largest difference that does not matter. */
  readonly bound: number;
  /** Formats a difference, with its sign. */
  readonly format: (value: number) => string;
}

/** The claim that two policies have the same of a metric: an equivalence test over the seeds. Undefined where there is one row, or none. */
export function equivalentRows(
  a: SummaryRow | undefined,
  b: SummaryRow | undefined,
  { label, bound, format: plain }: EquivalentRowsOptions,
): Criterion | undefined {
  const format = (value: number) => trueMinus(plain(value));
  if (a === undefined || b === undefined) return undefined;
  const asked = `predicted within ${format(-bound)} and ${format(bound)}`;
  const { x, y } = pairedSeeds(a, b);
  if (x.length === 0) return { text: `${label}: not measured, ${asked}`, holds: undefined };
  const { difference, low, high, verdict } = equivalenceTest(x, y, { bound, rng: new Rng('equivalence') });
  const interval = low === null || high === null ? '(one seed)' : `[${format(low)}, ${format(high)}]`;
  const pairs = x.length === a.perSeed.length ? '' : ` (${x.length} of ${a.perSeed.length} pairs)`;
  const claim = {
    text: `${label}: ${format(difference)} ${interval}${pairs}, ${asked}`,
    holds: verdict === 'undecided' ? undefined : verdict === 'equivalent',
  };
  if (low === null || high === null || claim.holds !== undefined) return claim;
  const needed = seedsFor({ width: high - low, seeds: x.length, bound });
  return needed <= x.length
    ? claim
    : { ...claim, note: `${x.length} seeds cannot show it: some ${needed} would, if there is no difference` };
}

/**
 * About how many seeds bring an interval of this width, which falls as 1/√n, down to ±`bound`: were the difference 0, so many could show it.
 * To two digits.
 */
function seedsFor({ width, seeds, bound }: { width: number; seeds: number; bound: number }): number {
  return Number(Math.ceil(seeds * (width / (2 * bound)) ** 2).toPrecision(2));
}
