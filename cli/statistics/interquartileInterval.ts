import { Rng } from '../../src/random.ts';
import { Bootstrap, type BootstrapInterval } from './bootstrap.ts';
import { interquartileMean } from './orderStatistics.ts';

/** An interquartile mean over seeds with its 95 % interval; all null where no seed has a value. */
export type InterquartileInterval = { readonly iqm: number | null } & BootstrapInterval;

/**
 * The interquartile mean of some values, and its 95 % interval by a bootstrap of its own that always draws the same resamples: equal values
 * have equal intervals.
 */
export function interquartileInterval(
  values: readonly number[],
  bootstrap: Bootstrap = new Bootstrap({ rng: new Rng('summary') }),
): InterquartileInterval {
  if (values.length === 0) return { iqm: null, low: null, high: null };
  return { iqm: interquartileMean(values), ...bootstrap.interval([values]) };
}
