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

/**
 * The `q`-quantile, linear between the two nearest order statistics (numpy's default, Hyndman–Fan type 7). Takes linear
 * time, and leaves the values in another order.
 *
 * @throws if there are no values, one is not finite, or `q` does not lie in [0, 1].
 */
export function quantile(values: Float64Array, q: number): number {
  finiteNumbers('quantile', 'values', values);
  if (!(q >= 0 && q <= 1)) throw new Error(`quantile: wanted q from 0 to 1, got ${q}`);
  const position = q * (values.length - 1);
  const below = Math.floor(position);
  const low = select(values, below);
  if (position === below) return low;
  // All that stand behind the selected one are no smaller: the next in order is their least.
  let high = Number.POSITIVE_INFINITY;
  for (let i = below + 1; i < values.length; i++) high = Math.min(high, values[i]!);
  return low + (position - below) * (high - low);
}

/** Hoare's quickselect: moves the k-th smallest to place k, smaller ones before it and larger ones behind. */
function select(values: Float64Array, k: number): number {
  let [left, right] = [0, values.length - 1];
  while (left < right) {
    const pivot = values[(left + right) >> 1]!;
    let [i, j] = [left, right];
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const swap = values[i]!;
      values[i++] = values[j]!;
      values[j--] = swap;
    }
    if (k <= j) right = j;
    else if (k >= i) left = i;
    else break;
  }
  return values[k]!;
}
