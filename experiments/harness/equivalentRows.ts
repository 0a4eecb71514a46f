import { Rng } from '../../src/random.ts';
import type { Criterion } from './conclusion.ts';
import type { SummaryRow } from './experiment.ts';
import { pairedSeeds } from './pairedSeeds.ts';
import { trueMinus } from './report/trueMinus.ts';
import { equivalenceTest } from './statistics/comparison.ts';

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
  return {
    text: `${label}: ${format(difference)} ${interval}, ${asked}`,
    holds: verdict === 'undecided' ? undefined : verdict === 'equivalent',
  };
}
