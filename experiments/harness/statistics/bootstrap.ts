import type { Rng } from '../../../src/random.ts';
import { finiteNumbers } from './finiteNumbers.ts';
import { quantile } from './quantile.ts';

/** Settings of a {@link Bootstrap}. */
export interface BootstrapOptions {
  /** Where the resamples are drawn from. */
  readonly rng: Rng;
  /** Number of resamples; 50,000 unless given. */
  readonly resamples?: number | undefined;
  /** Coverage of the interval; 0.95 unless given. */
  readonly level?: number;
}

/** The ends of an interval; both null where there is none. */
export type BootstrapInterval =
  | { readonly low: number; readonly high: number }
  | { readonly low: null; readonly high: null };

/**
 * Percentile intervals of the interquartile mean by the stratified bootstrap: within each stratum (a task, say) as many
 * runs are drawn with replacement as it has, and the interquartile mean is taken over all strata together
 * (Agarwal et al. 2021, arXiv:2108.13264).
 *
 * One object draws its resamples once for each stratum size and uses them for every call, so that equal data give equal
 * intervals whatever was asked before, and a call costs only a weighted walk over the sorted values.
 */
export class Bootstrap {
  readonly #rng: Rng;
  readonly #resamples: number;
  readonly #level: number;
  readonly #counts = new Map<string, Uint16Array>();

  constructor({ rng, resamples = 50_000, level = 0.95 }: BootstrapOptions) {
    if (!Number.isInteger(resamples) || resamples < 1) {
      throw new Error(`Bootstrap: resamples must be a positive integer, got ${resamples}`);
    }
    if (!(level > 0 && level < 1)) throw new Error(`Bootstrap: level must lie between 0 and 1, got ${level}`);
    this.#rng = rng;
    this.#resamples = resamples;
    this.#level = level;
  }

  /**
   * The interval of the interquartile mean of `strata`, a list of runs' values for each stratum. A stratum of one run says
   * nothing about its spread: there is no interval then, and both ends are null.
   * @throws if there is no stratum, an empty one, or a value that is not finite.
   */
  interval(strata: readonly (readonly number[])[]): BootstrapInterval {
    if (strata.length === 0) throw new Error('Bootstrap.interval: wanted at least one stratum, got none');
    for (const [i, values] of strata.entries()) finiteNumbers('Bootstrap.interval', `strata[${i}]`, values);
    if (strata.some((values) => values.length === 1)) return { low: null, high: null };
    const sorted = strata
      .flatMap((values, stratum) => values.map((value, run) => ({ value, stratum, run })))
      .sort((a, b) => a.value - b.value);
    const counts = strata.map((values, stratum) => this.#drawCounts(stratum, values.length));
    const cut = Math.floor(sorted.length / 4);
    const end = sorted.length - cut;

    const means = new Float64Array(this.#resamples);
    const value = Float64Array.from(sorted, (entry) => entry.value);
    const run = Int32Array.from(sorted, (entry) => entry.run);
    const size = Int32Array.from(sorted, (entry) => strata[entry.stratum]!.length);
    const source = sorted.map((entry) => counts[entry.stratum]!);
    for (let resample = 0; resample < this.#resamples; resample++) {
      let seen = 0;
      let sum = 0;
      for (let i = 0; seen < end; i++) {
        const before = Math.max(seen, cut);
        seen += source[i]![resample * size[i]! + run[i]!]!;
        // The part of these equal copies that lies among the middle half.
        if (seen > before) sum += value[i]! * (Math.min(seen, end) - before);
      }
      means[resample] = sum / (end - cut);
    }
    const tail = (1 - this.#level) / 2;
    return { low: quantile(means, tail), high: quantile(means, 1 - tail) };
  }

  /** How often each of `size` runs is drawn, `[resamples, size]`; another stream for each stratum. */
  #drawCounts(stratum: number, size: number): Uint16Array {
    const key = `${stratum}/${size}`;
    let counts = this.#counts.get(key);
    if (counts === undefined) {
      const rng = this.#rng.split(key);
      counts = new Uint16Array(this.#resamples * size);
      for (let row = 0; row < counts.length; row += size) {
        for (let draw = 0; draw < size; draw++) counts[row + rng.integer(0, size)]!++;
      }
      this.#counts.set(key, counts);
    }
    return counts;
  }
}
