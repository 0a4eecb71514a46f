import { amongSeeds, bounded, type Criteria, type Criterion, pairedSeeds } from '../../cli/experiment/conclusion.ts';
import type { SummaryRow } from '../../cli/experiment/experiment.ts';
import { pairedDifference } from '../../cli/statistics/comparison.ts';
import { Rng } from '../../src/random.ts';
import { classRows, GAUSSIAN } from '../lake/shared/classRows.ts';
import { bound, percent } from '../lake/shared/formats.ts';
import { ARRIVED, signedReturn } from '../lake/walks/arrival.ts';
import { equivalentRows } from '../shared/equivalentRows.ts';

export const arrivalQuestion =
  'Does a policy with several modes get home more often than a Gaussian by PPO, where one step decides and everything is observed?';

/** Fixed on 2026-11-27, before any run, and not changed since. */
export const arrivalPrediction =
  'Every class 20 of 20 (seeds with ≥ 90 % home); lesser bank ≤ 2 %; returns within ±0.08 of the Gaussian’s, the spline’s not below it';

const LESSER = 0.02;
const SAME_RETURN = 0.08;
/** What "not below it" leaves room for: the cost of one step. */
const STEP = 0.02;

/** The claims about PPO on the stride lake; banks and returns are those of the seeds that arrive. */
export function arrivalClauses(rows: readonly SummaryRow[]): Criteria {
  const arrivals = classRows(rows, { metric: 'homeRate' });
  const among = (metric: string) =>
    arrivals.flatMap((arrival) => {
      const row = rows.find((each) => each.metric === metric && each.policy === arrival.policy);
      return row === undefined ? [] : [amongSeeds(row, arrival, (home) => home >= ARRIVED)];
    });
  const returns = among('return');
  const of = (policy: string) => returns.find((row) => row.policy === policy);
  return [
    ...arrivals.map(arrives),
    ...among('modeBalance').map((row) =>
      bounded(row, { label: `${row.policy}, lesser bank`, atMost: LESSER, format: percent }),
    ),
    ...returns
      .filter(({ policy }) => policy !== GAUSSIAN)
      .map((row) =>
        equivalentRows(row, of(GAUSSIAN), {
          label: `${row.policy} − ${GAUSSIAN}, return`,
          bound: SAME_RETURN,
          format: signedReturn,
        }),
      ),
    notBelow(of('spline'), of(GAUSSIAN)),
  ];
}

/** All seeds of a class bring at least 90 % of their walks home; one that does not is enough. */
function arrives({ policy, perSeed }: SummaryRow): Criterion {
  const homes = perSeed.filter((home) => home !== null);
  const count = homes.filter((home) => home >= ARRIVED).length;
  return {
    text: `${policy}: ${count} of ${homes.length} seeds with at least ${bound(ARRIVED)} home, predicted all`,
    holds: count < homes.length ? false : homes.length === perSeed.length || undefined,
  };
}

function notBelow(spline: SummaryRow | undefined, gaussian: SummaryRow | undefined): Criterion | undefined {
  if (spline === undefined || gaussian === undefined) return undefined;
  const { x, y } = pairedSeeds(spline, gaussian);
  const label = `spline − ${GAUSSIAN}, return`;
  const asked = `predicted not below it (by more than ${STEP}, the cost of a step)`;
  if (x.length === 0) return { text: `${label}: not measured, ${asked}`, holds: undefined };
  const { difference, low, high } = pairedDifference(x, y, { rng: new Rng('effect') });
  if (low === null) return { text: `${label}: ${signedReturn(difference)} (one seed), ${asked}`, holds: undefined };
  return {
    text: `${label}: ${signedReturn(difference)} [${signedReturn(low)}, ${signedReturn(high)}], ${asked}`,
    holds: low >= -STEP ? true : high < -STEP ? false : undefined,
  };
}
