import type { Answer, SummaryRow } from '../../cli/experiment/experiment.ts';
import { interquartileInterval } from '../../cli/statistics/bootstrap.ts';
import { wilsonInterval } from '../../cli/statistics/pValues.ts';
import { policyNames } from '../../common/lake.ts';
import { policyColours } from '../../envs/drawing/palette.ts';
import { bound, classRows, GAUSSIAN, percent, policyLabel } from './labels.ts';

/** The share of walks that must get home for a seed to count as one that has learned the way. */
const ARRIVED = 0.9;
/** A bank that gets no more of the walks home is not used. */
const UNUSED = 0.02;

/** The row with the values of the seeds that arrive alone. */
function amongArrived(row: SummaryRow, arrival: SummaryRow): SummaryRow {
  const perSeed = row.perSeed.map((value, seed) => ((arrival.perSeed[seed] ?? 0) >= ARRIVED ? value : null));
  return { ...row, ...interquartileInterval(perSeed.filter((value) => value !== null)), perSeed };
}

/**
 * How many seeds of each class learn the way home, and whether those keep to one bank; undefined without a Gaussian or another class.
 * @param where begins the sentence: `On the fine lake, `
 */
export function describeArrivals(rows: readonly SummaryRow[], where: string): Answer | undefined {
  const counted = classRows(rows, { metric: 'homeRate' }).map((row) => {
    const homes = row.perSeed.filter((home) => home !== null);
    return { row, count: homes.filter((home) => home >= ARRIVED).length, of: homes.length };
  });
  const gaussian = counted.find(({ row }) => row.policy === GAUSSIAN);
  const others = counted.filter((each) => each !== gaussian);
  if (gaussian === undefined || others.length === 0) return undefined;
  const each = others.length === 1 ? `of a ${policyLabel(others[0]!.row.policy)}` : 'of each other class';
  const lesser = classRows(rows, { metric: 'modeBalance' }).flatMap((row) => {
    const own = counted.find((each) => each.row.policy === row.policy);
    const { iqm } = own === undefined ? { iqm: null } : amongArrived(row, own.row);
    return iqm === null ? [] : [iqm];
  });
  const { domain, range } = policyColours(policyNames);
  return {
    text: [
      `${where}${gaussian.count} of ${gaussian.of} seeds of a Gaussian and ${rangeOf(gaussian, others)} ${each} learn the way home (${bound(ARRIVED)} of the walks).`,
      ...banks(lesser),
    ].join(' '),
    chart: {
      caption: `seeds that bring ${bound(ARRIVED)} of their walks home`,
      most: 1,
      bars: counted.map(({ row, count, of }) => ({
        label: policyLabel(row.policy),
        value: count / of,
        ...wilsonInterval(count, of),
        text: `${count} of ${of}`,
        colour: range[domain.indexOf(row.policy)]!,
      })),
    },
  };
}

interface Count {
  readonly row: SummaryRow;
  readonly count: number;
  readonly of: number;
}

/** From the fewest to the most: `15 to 18`, or `2 of 3 to 18 of 20` where not all have as many seeds as the Gaussian. */
function rangeOf(gaussian: Count, others: readonly Count[]): string {
  const byShare = others.toSorted((a, b) => a.count / a.of - b.count / b.of);
  const isEven = others.every(({ of }) => of === gaussian.of);
  const ends = [byShare[0]!, byShare.at(-1)!].map(({ count, of }) => (isEven ? String(count) : `${count} of ${of}`));
  return [...new Set(ends)].join(' to ');
}

/** @param lesser the share of the bank that is used less, of each class */
function banks(lesser: readonly number[]): string[] {
  if (lesser.length === 0) return [];
  const most = Math.max(...lesser);
  if (most === 0) return ['Those that do keep to one bank.'];
  return most <= UNUSED
    ? [`Those that do keep to one bank: the other gets at most ${percent(most)} of a class’s walks home.`]
    : [`Of those that do, the lesser bank gets up to ${percent(most)} of a class’s walks home.`];
}
