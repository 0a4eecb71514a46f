import { Rng } from '../../src/random.ts';
import { type Difference, pairedDifference } from '../statistics/comparison.ts';
import { type InterquartileInterval, interquartileInterval } from '../statistics/interquartileInterval.ts';
import type { SummaryRow } from './experiment.ts';
import { pairedSeeds } from './pairedSeeds.ts';

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
