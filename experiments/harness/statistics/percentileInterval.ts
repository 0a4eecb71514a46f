import { quantile } from './quantile.ts';

/** The ends of an interval; both null where there is none. */
export type BootstrapInterval =
  | { readonly low: number; readonly high: number }
  | { readonly low: null; readonly high: null };

/** What lies between the tails of a statistic's resampled values, each of (1 − `level`) / 2. Leaves the values in another order. */
export function percentileInterval(values: Float64Array, level: number): { low: number; high: number } {
  const tail = (1 - level) / 2;
  return { low: quantile(values, tail), high: quantile(values, 1 - tail) };
}
