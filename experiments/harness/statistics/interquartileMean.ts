import { finiteNumbers } from './finiteNumbers.ts';

/**
 * The mean of the middle half: the ⌊n/4⌋ smallest and the ⌊n/4⌋ largest values are dropped. It resists outliers as the
 * median does and wastes less of the data (Agarwal et al. 2021, arXiv:2108.13264; equals `scipy.stats.trim_mean(x, 0.25)`).
 *
 * @throws if there are no values, or one is not finite.
 */
export function interquartileMean(values: readonly number[]): number {
  finiteNumbers('interquartileMean', 'values', values);
  const cut = Math.floor(values.length / 4);
  const middle = Float64Array.from(values)
    .sort()
    .subarray(cut, values.length - cut);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}
