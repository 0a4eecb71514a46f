import type { SummaryRow } from './experiment.ts';
import { trueMinus } from './report/trueMinus.ts';

/** One claim of a prediction, with the figures that it is judged by. */
export interface Criterion {
  /** What was claimed and what was measured, in a few words. */
  readonly text: string;
  /** Whether it holds; undefined where the figures do not tell. */
  readonly holds: boolean | undefined;
}

/** The claims of a prediction; undefined stands for one about what the run leaves out, such as a policy. */
export type Criteria = readonly (Criterion | undefined)[];

/** What became of a prediction: as a whole ({@link conclude}), or of its clauses ({@link concludeClauses}). */
export type Verdict =
  | 'confirmed'
  | 'refuted'
  | 'undecided'
  | 'too few seeds'
  | `${number} of ${number} clauses hold${'' | `, ${number} undecided`}`;

/** One of the numbers that an answer stands on, with its 95 % interval; null where one seed has none. */
export interface AnswerBar {
  /** What it is of: `Gaussian`. */
  readonly label: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  /** The value as it is read: `39.0 %`. */
  readonly text: string;
}

/** The few numbers that an answer stands on: bars in the terminal, a small picture on the report's first page. */
export interface AnswerChart {
  /** What is drawn, and its unit: `walks that drown, stride lake`. */
  readonly caption: string;
  /** Where the axis ends, such as 1 for a share; the largest number unless given. The axis begins at 0. */
  readonly most?: number;
  readonly bars: readonly AnswerBar[];
}

/** What came of a question, for who reads nothing else of it. */
export interface Answer {
  /** A sentence or two, with their numbers: `A Gaussian drowns in 39.0 % [38.2, 39.8] of its walks, a spline flow in 2.0 % [1.7, 2.3].` */
  readonly text: string;
  readonly chart?: AnswerChart;
}

/** What was asked, expected beforehand and found. */
export interface Conclusion {
  readonly question: string;
  /** What came of it; absent where the run does not have what it takes. */
  readonly answer?: Answer;
  /** What was expected before anything was measured. */
  readonly prediction: string;
  /** Each claim in words. */
  readonly measured: readonly string[];
  readonly verdict: Verdict;
}

/** The verdict that criteria bear out: confirmed where all hold and the run leaves none out, refuted where one does not, else undecided. */
export function conclude(
  { question, prediction, answer }: Pick<Conclusion, 'question' | 'prediction' | 'answer'>,
  criteria: Criteria,
): Conclusion {
  const verdict =
    criteria.length > 0 && criteria.every((criterion) => criterion?.holds === true)
      ? 'confirmed'
      : criteria.some((criterion) => criterion?.holds === false)
        ? 'refuted'
        : 'undecided';
  return { question, ...(answer && { answer }), prediction, measured: describeCriteria(criteria), verdict };
}

/** So many seeds decide: by the bootstrap an interval of three covers 73 % in place of 95 %, one of five 90 %. */
export const DECIDING_SEEDS = 10;

/**
 * How many clauses of a prediction hold, of those that the run asks about: each by itself, so that one that does not hold refutes no other.
 * @param seeds by how many the clauses are judged; fewer than {@link DECIDING_SEEDS} decide nothing
 */
export function concludeClauses(
  { question, prediction, answer }: Pick<Conclusion, 'question' | 'prediction' | 'answer'>,
  clauses: Criteria,
  seeds: number,
): Conclusion {
  const asked = clauses.filter((clause) => clause !== undefined);
  const count = (wanted: Criterion['holds']) => asked.filter(({ holds }) => holds === wanted).length;
  const undecided = count(undefined);
  const verdict = (): Verdict => {
    if (asked.length === 0) return 'undecided';
    if (seeds < DECIDING_SEEDS) return 'too few seeds';
    const held = `${count(true)} of ${asked.length} clauses hold` as const;
    return undecided === 0 ? held : `${held}, ${undecided} undecided`;
  };
  return { question, ...(answer && { answer }), prediction, measured: describeCriteria(clauses), verdict: verdict() };
}

/** Each claim in words, with whether it holds where it does not; of those that the run leaves out their number, if it has others. */
export function describeCriteria(criteria: Criteria): string[] {
  const judged = criteria.filter((criterion) => criterion !== undefined);
  const left = criteria.length - judged.length;
  const texts = judged.map(({ text, holds }) =>
    holds === true ? text : `${text}: ${holds === false ? 'does not hold' : 'not decided'}`,
  );
  if (left === 0 || judged.length === 0) return texts;
  return [...texts, `${left} ${left === 1 ? 'claim is' : 'claims are'} about what this run leaves out`];
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
 * Undefined of no row.
 */
export function bounded(row: SummaryRow, bounds: Bounds): Criterion;
export function bounded(row: SummaryRow | undefined, bounds: Bounds): Criterion | undefined;
export function bounded(
  row: SummaryRow | undefined,
  { label, atMost = Infinity, atLeast = -Infinity, format: plain }: Bounds,
): Criterion | undefined {
  if (row === undefined) return undefined;
  const format = (value: number) => trueMinus(plain(value));
  const asked = [
    ...(atLeast > -Infinity ? [`at least ${format(atLeast)}`] : []),
    ...(atMost < Infinity ? [`at most ${format(atMost)}`] : []),
  ].join(' and ');
  if (row.iqm === null) return { text: `${label}: not measured, predicted ${asked}`, holds: undefined };
  const { iqm, low, high } = row;
  if (low === null || high === null) {
    return { text: `${label}: ${format(iqm)} (one seed), predicted ${asked}`, holds: undefined };
  }
  const text = `${label}: ${format(iqm)} [${format(low)}, ${format(high)}], predicted ${asked}`;
  if (low >= atLeast && high <= atMost) return { text, holds: true };
  return { text, holds: high < atLeast || low > atMost ? false : undefined };
}
