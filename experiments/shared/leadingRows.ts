import { type Criterion, pairedSeeds } from '../../cli/experiment/conclusion.ts';
import type { SummaryRow } from '../../cli/experiment/experiment.ts';
import { trueMinus } from '../../cli/experiment/text.ts';
import { pairedDifference } from '../../cli/statistics/comparison.ts';
import { Rng } from '../../src/random.ts';
import type { EquivalentRowsOptions } from './equivalentRows.ts';

/** Options of {@link leadingRows}. */
export interface LeadingRowsOptions extends Pick<EquivalentRowsOptions, 'label' | 'format'> {
  /** The least lead that is claimed; a negative one claims that a is behind by no more than that. */
  readonly lead: number;
}

/**
 * The claim that one policy has at least so much more of a metric than another: by the 95 % interval of the difference over pairs of seeds it
 * holds where all of it is at least `lead`, it does not where all is less, and is else not decided. Undefined where a row is missing.
 */
export function leadingRows(
  a: SummaryRow | undefined,
  b: SummaryRow | undefined,
  { label, lead, format: plain }: LeadingRowsOptions,
): Criterion | undefined {
  const format = (value: number) => trueMinus(plain(value));
  if (a === undefined || b === undefined) return undefined;
  const asked = `predicted at least ${format(lead)}`;
  const { x, y } = pairedSeeds(a, b);
  if (x.length === 0) return { text: `${label}: not measured, ${asked}`, holds: undefined };
  const { difference, low, high } = pairedDifference(x, y, { rng: new Rng('lead') });
  if (low === null) return { text: `${label}: ${format(difference)} (one seed), ${asked}`, holds: undefined };
  const pairs = x.length === a.perSeed.length ? '' : ` (${x.length} of ${a.perSeed.length} pairs)`;
  const text = `${label}: ${format(difference)} [${format(low)}, ${format(high)}]${pairs}, ${asked}`;
  if (low >= lead) return { text, holds: true };
  return { text, holds: high < lead ? false : undefined };
}
