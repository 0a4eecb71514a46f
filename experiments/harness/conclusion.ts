import type { SummaryRow } from './experiment.ts';

/** One claim of a prediction, with the figures that it is judged by. */
export interface Criterion {
  /** What was claimed and what was measured, in a few words. */
  readonly text: string;
  /** Whether it holds; undefined where the figures do not tell. */
  readonly holds: boolean | undefined;
}

/** What became of a prediction. */
export type Verdict = 'confirmed' | 'refuted' | 'undecided';

/** What was asked, expected beforehand and found. */
export interface Conclusion {
  readonly question: string;
  /** What was expected before anything was measured. */
  readonly prediction: string;
  readonly measured: string;
  readonly verdict: Verdict;
}

/** The verdict that criteria bear out: confirmed where all hold, refuted where one does not, else undecided. */
export function conclude(
  { question, prediction }: Pick<Conclusion, 'question' | 'prediction'>,
  criteria: readonly Criterion[],
): Conclusion {
  const verdict =
    criteria.length > 0 && criteria.every(({ holds }) => holds === true)
      ? 'confirmed'
      : criteria.some(({ holds }) => holds === false)
        ? 'refuted'
        : 'undecided';
  return { question, prediction, measured: criteria.map(describeCriterion).join('; ') || 'nothing yet', verdict };
}

/** A claim in words, with whether it holds where it does not. */
export function describeCriterion({ text, holds }: Criterion): string {
  return holds === true ? text : `${text}: ${holds === false ? 'does not hold' : 'not decided'}`;
}

/** Options of {@link bounded}. */
export interface Bounds {
  /** What the row is of: `spline, drowned`. */
  readonly label: string;
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly format: (value: number) => string;
}

/**
 * Whether a metric is within bounds, by its 95 % interval: it holds where the whole interval is within, it does not where the whole
 * interval is on the other side of a bound, and is not decided where a bound lies inside, or where one seed has no interval.
 */
export function bounded(
  row: SummaryRow | undefined,
  { label, atMost = Infinity, atLeast = -Infinity, format }: Bounds,
): Criterion {
  const asked = [
    ...(atLeast > -Infinity ? [`at least ${format(atLeast)}`] : []),
    ...(atMost < Infinity ? [`at most ${format(atMost)}`] : []),
  ].join(' and ');
  if (row?.iqm == null) return { text: `${label}: not measured, predicted ${asked}`, holds: undefined };
  const { iqm, low, high } = row;
  if (low === null || high === null) {
    return { text: `${label}: ${format(iqm)} (one seed), predicted ${asked}`, holds: undefined };
  }
  const text = `${label}: ${format(iqm)} [${format(low)}, ${format(high)}], predicted ${asked}`;
  if (low >= atLeast && high <= atMost) return { text, holds: true };
  return { text, holds: high < atLeast || low > atMost ? false : undefined };
}
