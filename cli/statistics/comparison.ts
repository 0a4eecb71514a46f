import {
  type BootstrapInterval,
  type BootstrapOptions,
  completeOptions,
  drawResamples,
  finiteNumbers,
  finitePairs,
  interquartileMean,
  percentileInterval,
  resampledInterquartileMeans,
} from './bootstrap.ts';

/**
 * P(X > Y) + ½ P(X = Y) for a run X of one algorithm and a run Y of another, each drawn at random: the Mann–Whitney U
 * statistic over the number of pairs (Agarwal et al. 2021, arXiv:2108.13264). ½ means no difference.
 *
 * @throws if either list is empty or holds a number that is not finite.
 */
export function probabilityOfImprovement(x: readonly number[], y: readonly number[]): number {
  finiteNumbers('probabilityOfImprovement', 'x', x);
  finiteNumbers('probabilityOfImprovement', 'y', y);
  let wins = 0;
  for (const a of x) {
    for (const b of y) wins += a > b ? 1 : a === b ? 0.5 : 0;
  }
  return wins / (x.length * y.length);
}

/**
 * The percentile interval of `probabilityOfImprovement(x, y)` by the bootstrap: the runs of either algorithm are drawn again
 * independently of the other's, as rliable does (Agarwal et al. 2021, arXiv:2108.13264). One run of either says nothing about
 * its spread: both ends are null then. Where every run of one is above every run of the other, the interval has no width.
 *
 * @throws if either list is empty or holds a number that is not finite, or an option is out of its range.
 */
export function improvementInterval(
  x: readonly number[],
  y: readonly number[],
  options: BootstrapOptions,
): BootstrapInterval {
  const where = 'improvementInterval';
  finiteNumbers(where, 'x', x);
  finiteNumbers(where, 'y', y);
  const { rng, resamples, level } = completeOptions(where, options);
  if (x.length === 1 || y.length === 1) return { low: null, high: null };
  const wins = x.map((a) => y.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
  const ofX = drawResamples(rng.split('x'), x.length, resamples);
  const ofY = drawResamples(rng.split('y'), y.length, resamples);
  const shares = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    for (const [i, row] of wins.entries()) {
      const times = ofX[resample * x.length + i]!;
      if (times === 0) continue;
      for (const [j, win] of row.entries()) shares[resample]! += times * win * ofY[resample * y.length + j]!;
    }
    shares[resample]! /= x.length * y.length;
  }
  return percentileInterval(shares, level);
}

/** How far two policies are apart: a {@link pairedDifference}. */
export type Difference = BootstrapInterval & {
  /** IQM(x) − IQM(y). */
  readonly difference: number;
};

/**
 * IQM(x) − IQM(y) with its percentile interval over resamples of the pairs, so that what a seed does to both cancels.
 *
 * @param x of one policy, a value for each seed.
 * @param y of the other, of the same seeds.
 * @returns with no interval for a single pair.
 * @throws if the lists differ in length, are empty or hold a number that is not finite, or an option is out of its range.
 */
export function pairedDifference(x: readonly number[], y: readonly number[], options: BootstrapOptions): Difference {
  const where = 'pairedDifference';
  finitePairs(where, x, y);
  const { rng, resamples, level } = completeOptions(where, options);
  const difference = interquartileMean(x) - interquartileMean(y);
  if (x.length === 1) return { difference, low: null, high: null };
  const drawn = [drawResamples(rng.split('pairs'), x.length, resamples)];
  const [ofX, ofY] = [resampledInterquartileMeans([x], drawn), resampledInterquartileMeans([y], drawn)];
  const interval = percentileInterval(
    ofX.map((mean, resample) => mean - ofY[resample]!),
    level,
  );
  return { difference, ...interval };
}
