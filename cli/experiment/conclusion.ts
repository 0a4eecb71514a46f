import { policyColours } from '../../envs/drawing/palette.ts';
import { checkArgument } from '../../src/options/parse.ts';
import { Rng } from '../../src/random.ts';
import { type InterquartileInterval, interquartileInterval } from '../statistics/bootstrap.ts';
import { type Difference, pairedDifference } from '../statistics/comparison.ts';
import type { SummaryRow } from './experiment.ts';
import { trueMinus } from './text.ts';

/** One claim of a prediction, with the figures that it is judged by. */
export interface Criterion {
  /** What was claimed and what was measured, in a few words. */
  readonly text: string;
  /** Whether it holds; undefined where the figures do not tell. */
  readonly holds: boolean | undefined;
  /** What a reader must know of it: that another one contradicts it, say, or that it was added later. */
  readonly note?: string;
  /** Why it is no evidence, if it is none. It is listed then, and not counted. */
  readonly uncounted?: Uncounted;
}

/** A claim that is true whatever is measured; a positive control; a claim whose positive control did not work. */
export type Uncounted = 'true by construction' | 'control' | 'assay failed';

/** The claims of a prediction; undefined stands for one about what the run leaves out, such as a policy. */
export type Criteria = readonly (Criterion | undefined)[];

/** What became of the clauses of a prediction ({@link concludeClauses}). */
export type Verdict =
  | 'undecided'
  | 'too few seeds'
  | 'assay failed'
  | `${number} of ${number} clauses hold${'' | `, ${number} undecided`}${'' | `; assay failed for ${number}`}`;

/** One of the numbers that an answer stands on, with its 95 % interval; null where one seed has none. */
export interface AnswerBar {
  /** What it is of: `Gaussian`. */
  readonly label: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  /** The value as it is read: `39.0 %`. */
  readonly text: string;
  /** Its interval as it is read, behind the value: `[38.2, 39.8]`. */
  readonly interval?: string;
  /** A CSS colour that stands for it elsewhere. */
  readonly colour?: string;
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
  /** The numbers by which it is judged first; absent where the run does not have them. */
  readonly endpoints?: readonly Endpoint[];
  /** What was expected before anything was measured. */
  readonly prediction: string;
  /** Each claim in words. */
  readonly measured: readonly string[];
  readonly verdict: Verdict;
}

/** So many seeds decide: by the bootstrap an interval of three covers 73 % in place of 95 %, one of five 90 %. */
export const DECIDING_SEEDS = 10;

/**
 * How many clauses of a prediction hold, of those that the run asks about: each by itself, so that one that does not hold refutes no other.
 * A clause that is no evidence is not among them; one whose positive control did not work is told apart.
 * @param seeds by how many the clauses are judged; fewer than {@link DECIDING_SEEDS} decide nothing
 */
export function concludeClauses(
  asked: Omit<Conclusion, 'measured' | 'verdict'>,
  clauses: Criteria,
  seeds: number,
): Conclusion {
  checkArgument('concludeClauses', 'asked', asked, Object);
  checkArgument('concludeClauses', 'clauses', clauses, Array);
  checkArgument('concludeClauses', 'seeds', seeds, Number);
  const { question, prediction, answer, endpoints } = asked;
  return {
    question,
    ...(answer && { answer }),
    ...(endpoints && endpoints.length > 0 && { endpoints }),
    prediction,
    measured: describeCriteria(clauses, seeds),
    verdict: verdictOf(clauses, seeds),
  };
}

function verdictOf(clauses: Criteria, seeds: number): Verdict {
  const asked = clauses.filter((clause) => clause !== undefined);
  const counted = asked.filter(({ uncounted }) => uncounted === undefined);
  const count = (wanted: Criterion['holds']) => counted.filter(({ holds }) => holds === wanted).length;
  const failed = asked.filter(({ uncounted }) => uncounted === 'assay failed').length;
  const undecided = count(undefined);
  if (counted.length + failed === 0) return 'undecided';
  if (seeds < DECIDING_SEEDS) return 'too few seeds';
  if (counted.length === 0) return 'assay failed';
  const held = `${count(true)} of ${counted.length} clauses hold` as const;
  const open = undecided === 0 ? held : (`${held}, ${undecided} undecided` as const);
  return failed === 0 ? open : `${open}; assay failed for ${failed}`;
}

/** A claim with what a reader must know of it. */
export function noted(criterion: Criterion, note: string): Criterion;
export function noted(criterion: Criterion | undefined, note: string): Criterion | undefined;
export function noted(criterion: Criterion | undefined, note: string): Criterion | undefined {
  return criterion && { ...criterion, note };
}

/** A claim that is true whatever is measured: `why` says by which theorem or identity. */
export function byConstruction(criterion: Criterion | undefined, why: string): Criterion | undefined {
  return criterion && { ...criterion, note: why, uncounted: 'true by construction' };
}

/**
 * Claims that something does *not* happen, or does, which mean something only where the positive control shows that the assay can tell.
 * Where the control does not hold they are no evidence. The control is listed before them.
 * @param control undefined where the run does not have it: nothing shows then that the assay failed
 */
export function underControl(control: Criterion | undefined, claims: Criteria): Criteria {
  if (control === undefined) return claims;
  return [
    { ...control, uncounted: 'control' },
    ...(control.holds === true
      ? claims
      : claims.map((claim): Criterion | undefined => claim && { ...claim, uncounted: 'assay failed' })),
  ];
}

/**
 * Each claim in words, with what became of it where it does not plainly hold; of those that the run leaves out their number, if it has others.
 * @param seeds by how many they are judged: of fewer than {@link DECIDING_SEEDS} it is said where they decide nothing
 */
export function describeCriteria(criteria: Criteria, seeds = DECIDING_SEEDS): string[] {
  const judged = criteria.filter((criterion) => criterion !== undefined);
  const left = criteria.length - judged.length;
  const open = seeds < DECIDING_SEEDS ? 'too few seeds' : 'not decided';
  const texts = judged.map((criterion) => describeCriterion(criterion, open));
  if (left === 0 || judged.length === 0) return texts;
  return [...texts, `${left} ${left === 1 ? 'claim is' : 'claims are'} about what this run leaves out`];
}

function describeCriterion({ text, holds, note, uncounted }: Criterion, open: string): string {
  const start = uncounted === 'control' ? `positive control: ${text}` : text;
  const became =
    uncounted === 'assay failed' ? 'assay failed' : holds === true ? '' : holds === false ? 'does not hold' : open;
  const asides = [
    ...(uncounted === 'true by construction' ? ['true by construction, not counted'] : []),
    ...(note === undefined ? [] : [note]),
  ];
  return `${start}${became && `: ${became}`}${asides.length === 0 ? '' : ` (${asides.join(': ')})`}`;
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
  const text = `${label}: ${format(iqm)} [${format(low)}, ${format(high)}]${seedsNote(row)}, predicted ${asked}`;
  if (low >= atLeast && high <= atMost) return { text, holds: true };
  return { text, holds: high < atLeast || low > atMost ? false : undefined };
}

/** What an endpoint is of: what is measured, how it reads, and since when it is the endpoint. */
export interface EndpointMeasure {
  /** What is measured, and where: `walks that drown, stride lake`. */
  readonly measure: string;
  /** Since when: before anything was run, or only after it had been looked at. */
  readonly chosen: 'before the run' | 'post hoc';
  /** A value as it is read, without its unit. */
  readonly format: (value: number) => string;
  /** Written once in the head of a column: `%`. */
  readonly unit?: string;
  /** When a seed counts as one that failed, behind "if": `more than 5 % drown`. */
  readonly failure?: string;
  /** From whose values effects are taken: `Gaussian`. */
  readonly reference?: string;
}

/** One class of policies. */
export type EndpointRow = InterquartileInterval & {
  readonly label: string;
  /** The least value that the class can have, where it is known. */
  readonly floor?: number;
  /** How far it is from the reference, by seeds for which both have a value, with a 95 % interval. */
  readonly effect?: Difference;
  /** Over how many seeds it is. */
  readonly seeds: number;
  /** How many seeds the run has. */
  readonly planned: number;
  /** How many of those that were measured failed. An interquartile mean does not show them: of twenty it leaves five out at either end. */
  readonly failed?: { readonly seeds: number; readonly of: number };
};

/** The number by which a study is judged first: for each class its value, its floor, its effect, and how many seeds failed. */
export interface Endpoint extends EndpointMeasure {
  readonly rows: readonly EndpointRow[];
}

/** What {@link endpointOf} knows of a class. */
export interface EndpointSource {
  readonly label: string;
  readonly row: SummaryRow;
  readonly floor?: number | undefined;
  /** The values that its effect is taken from; none if it is the reference itself. */
  readonly than?: SummaryRow | undefined;
  /** By which row, that of the endpoint unless given, and how a seed is seen to have failed. */
  readonly fails?: { readonly row?: SummaryRow; readonly when: (value: number) => boolean };
}

/** An endpoint from rows of a summary; undefined where none of them was measured. */
export function endpointOf(measure: EndpointMeasure, sources: readonly EndpointSource[]): Endpoint | undefined {
  const rows = sources.map(({ label, row, floor, than, fails }): EndpointRow => {
    const effect = than === undefined ? undefined : effectOf(row, than);
    const judged = (fails?.row ?? row).perSeed.filter((value) => value !== null);
    return {
      label,
      iqm: row.iqm,
      ...(row.low === null || row.high === null ? { low: null, high: null } : { low: row.low, high: row.high }),
      ...(floor !== undefined && { floor }),
      ...(effect && { effect }),
      seeds: row.perSeed.filter((value) => value !== null).length,
      planned: row.perSeed.length,
      ...(fails && { failed: { seeds: judged.filter(fails.when).length, of: judged.length } }),
    };
  });
  return rows.some(({ seeds, failed }) => seeds > 0 || (failed?.of ?? 0) > 0) ? { ...measure, rows } : undefined;
}

/** The row with the values of some of its seeds alone: those for which another row is as asked. */
export function amongSeeds(row: SummaryRow, other: SummaryRow, keep: (value: number) => boolean): SummaryRow {
  const perSeed = row.perSeed.map((value, seed) => {
    const of = other.perSeed[seed] ?? null;
    return of !== null && keep(of) ? value : null;
  });
  return { ...row, ...interquartileInterval(perSeed.filter((value) => value !== null)), perSeed };
}

function effectOf(row: SummaryRow, than: SummaryRow): Difference | undefined {
  const { x, y } = pairedSeeds(row, than);
  return x.length === 0 ? undefined : pairedDifference(x, y, { rng: new Rng('effect') });
}

/**
 * Of how many seeds a figure is, where some have none: ` (16 of 20 seeds)`; else nothing. A policy that never gets home has no share of a bank,
 * and a mean over the others must not hide it.
 */
function seedsNote({ perSeed }: Pick<SummaryRow, 'perSeed'>): string {
  const measured = perSeed.filter((value) => value !== null).length;
  return measured === perSeed.length ? '' : ` (${measured} of ${perSeed.length} seeds)`;
}

/** The values of two rows for the seeds for which both have one, in the order of the seeds. */
export function pairedSeeds(a: SummaryRow, b: SummaryRow): { readonly x: number[]; readonly y: number[] } {
  const pairs = a.perSeed.flatMap((value, seed) => {
    const other = b.perSeed[seed] ?? null;
    return value === null || other === null ? [] : [[value, other] as const];
  });
  return { x: pairs.map(([value]) => value), y: pairs.map(([, other]) => other) };
}

/** Options of {@link policyBars}. */
export interface PolicyBarsOptions {
  /** The experiment's full list, which fixes the colours. */
  readonly policies: readonly string[];
  /** The value as it is read, with its unit behind a space that does not break; the interval has none. */
  readonly format: (value: number) => string;
  /** A policy's name in a sentence; as it is, unless given. */
  readonly label?: (policy: string) => string;
}

/** The bars of an answer: rows of one metric, one for each policy. */
export function policyBars(
  rows: readonly Pick<SummaryRow, 'policy' | 'iqm' | 'low' | 'high'>[],
  { policies, format, label = (policy) => policy }: PolicyBarsOptions,
): AnswerBar[] {
  const { domain, range } = policyColours(policies);
  const plain = (value: number) => format(value).split('\u00a0', 1)[0]!;
  return rows.flatMap(({ policy, iqm, low, high }) => {
    if (iqm === null) return [];
    const interval = low === null || high === null ? {} : { interval: `[${plain(low)}, ${plain(high)}]` };
    const colour = range[domain.indexOf(policy)];
    const paint = colour === undefined ? {} : { colour };
    return [{ label: label(policy), value: iqm, low, high, text: format(iqm), ...interval, ...paint }];
  });
}
