import type { SummaryRow, Table } from '../../cli/experiment/experiment.ts';
import { trueMinus } from '../../cli/experiment/text.ts';
import { pairedDifference } from '../../cli/statistics/comparison.ts';
import { Rng } from '../../src/random.ts';
import { pairedSeeds } from './equivalenceTest.ts';

/** What a primary endpoint measures, and how its numbers read. */
export interface EndpointMeasure {
  /** What is measured, and where: `walks that drown, stride lake`. */
  readonly measure: string;
  /** Whether it was chosen before the run, or only after its numbers had been seen. */
  readonly chosen: 'before the run' | 'post hoc';
  /** A value as it is read, without its unit. */
  readonly format: (value: number) => string;
  /** Written once in the head of a column: `%`. */
  readonly unit?: string;
  /** When a seed counts as one that failed, behind "if": `more than 5 % drown`. */
  readonly failure?: string;
  /** From whose values differences are taken: `Gaussian`. */
  readonly reference?: string;
}

/** A row of {@link endpointTable}. */
export interface EndpointSource {
  readonly label: string;
  readonly row: SummaryRow;
  /** The least value that the policy class can have, where it is known. */
  readonly floor?: number | undefined;
  /** The row from which the difference is taken, over the seeds that both have; none for the reference itself. */
  readonly than?: SummaryRow | undefined;
  /** By which row, its own unless given, and how a seed is seen to have failed. */
  readonly fails?: { readonly row?: SummaryRow; readonly when: (value: number) => boolean } | undefined;
}

/**
 * The primary endpoint of a question: for each policy its value with a 95 % interval, the floor of its class, the paired difference from the
 * reference, and how many seeds failed, which an interquartile mean does not show. Columns that nothing is in are left out. Undefined
 * where nothing was measured.
 */
export function endpointTable(endpoint: EndpointMeasure, sources: readonly EndpointSource[]): Table | undefined {
  const { measure, chosen, format, unit, failure, reference } = endpoint;
  const rows = sources.map(({ label, row, floor, than, fails }) => {
    const pairs = than === undefined ? { x: [], y: [] } : pairedSeeds(row, than);
    const judged = (fails?.row ?? row).perSeed.filter((value) => value !== null);
    const seeds = row.perSeed.filter((value) => value !== null).length;
    return {
      label,
      row,
      value: row.iqm === null ? '–' : interval(row.iqm, row, format),
      floor: floor === undefined ? undefined : format(floor),
      effect: pairs.x.length === 0 ? undefined : pairedDifference(pairs.x, pairs.y, { rng: new Rng('effect') }),
      failed: fails && `${judged.filter(fails.when).length} of ${judged.length}`,
      isMeasured: seeds > 0 || (fails !== undefined && judged.length > 0),
      seeds: seeds === row.perSeed.length ? String(seeds) : `${seeds} of ${row.perSeed.length}`,
    };
  });
  if (!rows.some(({ isMeasured }) => isMeasured)) return undefined;
  const signed = (value: number) => `${value < 0 ? '-' : '+'}${format(Math.abs(value))}`;
  const hasFailures = failure !== undefined && rows.some(({ failed }) => failed !== undefined);
  const columns = [
    ['policy', rows.map(({ label }) => label)],
    [unit === undefined ? 'value' : `value, ${unit}`, rows.map(({ value }) => value)],
    ...(rows.some(({ floor }) => floor !== undefined)
      ? [['floor', rows.map(({ floor }) => floor ?? '–')] as const]
      : []),
    ...(rows.some(({ effect }) => effect !== undefined)
      ? [
          [
            `− ${reference}`,
            rows.map(({ effect }) => (effect === undefined ? '' : interval(effect.difference, effect, signed))),
          ] as const,
        ]
      : []),
    ...(hasFailures ? [['failed', rows.map(({ failed }) => failed ?? '–')] as const] : []),
    ['seeds', rows.map(({ seeds }) => seeds)],
  ] as const;
  const when = chosen === 'post hoc' ? ' (chosen post hoc)' : '';
  return {
    title: `Primary endpoint${when}: ${measure}${hasFailures ? `; a seed fails if ${failure}` : ''}`,
    columns: columns.map(([heading]) => heading),
    rows: rows.map((_, i) =>
      columns.map(([, cells]) => trueMinus(cells[i]!).replaceAll(' ', '\u00a0').replace('\u00a0[', ' [')),
    ),
  };
}

function interval(
  value: number,
  { low, high }: { readonly low: number | null; readonly high: number | null },
  format: (value: number) => string,
): string {
  const ends = low === null || high === null ? '–: one seed' : `${format(low)}, ${format(high)}`;
  return `${format(value)} [${ends}]`;
}
