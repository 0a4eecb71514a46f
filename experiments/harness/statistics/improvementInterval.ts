import { type BootstrapOptions, completeOptions } from './bootstrapOptions.ts';
import { drawResamples } from './drawResamples.ts';
import { finiteNumbers } from './finiteNumbers.ts';
import { type BootstrapInterval, percentileInterval } from './percentileInterval.ts';

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
