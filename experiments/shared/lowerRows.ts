import { type Criteria, pairedSeeds } from '../../cli/experiment/conclusion.ts';
import type { SummaryRow } from '../../cli/experiment/experiment.ts';
import { trueMinus } from '../../cli/experiment/text.ts';
import { formatP, holm, pairedPermutationTest } from '../../cli/statistics/pValues.ts';
import { Rng } from '../../src/random.ts';

/** The claim that one row is lower than another. */
export interface LowerRow {
  /** What is compared: `spline < gaussian, drowned`. */
  readonly label: string;
  readonly row: SummaryRow | undefined;
  readonly than: SummaryRow | undefined;
}

/** From here on a difference is taken for one. */
const LEVEL = 0.05;

/**
 * Claims that one policy has less of a metric than another, each by a paired permutation test of the mean over the seeds, with Holm's
 * correction for all of them together. The claim names the means, since the test is of them: unlike an interquartile mean, they have the seeds that fail. A p-value of 0.05 or more decides nothing, and of few seeds none can be below it. Where a row is missing
 * the claim is left out.
 * @param format of a value
 */
export function lowerRows(claims: readonly LowerRow[], format: (value: number) => string): Criteria {
  const paired = claims.map(({ label, row, than }) => {
    const { x, y } = row !== undefined && than !== undefined ? pairedSeeds(row, than) : { x: [], y: [] };
    return { label, row, than, x, y };
  });
  const measured = paired.filter(({ x }) => x.length > 0);
  const ps = measured.map(({ x, y }) => pairedPermutationTest(x, y, new Rng('permutations')));
  const adjusted = ps.length === 0 ? [] : holm(ps);
  return paired.map((claim) => {
    const { label, row, than, x, y } = claim;
    if (row === undefined || than === undefined) return undefined;
    const at = measured.indexOf(claim);
    if (at < 0) return { text: `${label}: not measured`, holds: undefined };
    const p = adjusted[at]!;
    const difference = x.reduce((sum, value, i) => sum + value - y[i]!, 0);
    const [mean, thanMean] = [x, y].map((values) =>
      trueMinus(format(values.reduce((sum, value) => sum + value, 0) / values.length)),
    );
    return {
      text: `${label}: on average ${mean} and ${thanMean}, p ${p < 0.001 ? formatP(p) : `= ${formatP(p)}`}`,
      holds: p < LEVEL ? difference < 0 : undefined,
    };
  });
}
