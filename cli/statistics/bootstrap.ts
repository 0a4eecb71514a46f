import { checkArgument, checkOptions } from '../../src/options/parse.ts';
import { Rng } from '../../src/random.ts';

/** How an interval is made by the bootstrap. */
export interface BootstrapOptions {
  /** Where the resamples are drawn from. */
  readonly rng: Rng;
  /** Number of resamples; 50,000 unless given. */
  readonly resamples?: number | undefined;
  /** Coverage of the interval; 0.95 unless given. */
  readonly level?: number | undefined;
}

/** More take more memory than they tell. */
const MOST_RESAMPLES = 10_000_000;

/** The options with what was not given. @throws if one is out of its range; the error says `where` */
export function completeOptions(
  where: string,
  options: BootstrapOptions,
): { rng: Rng; resamples: number; level: number } {
  const {
    rng,
    resamples = 50_000,
    level = 0.95,
  } = checkOptions(where, options, { rng: Rng, resamples: [Number, undefined], level: [Number, undefined] });
  if (!Number.isInteger(resamples) || resamples < 1 || resamples > MOST_RESAMPLES) {
    throw new Error(`${where}: resamples must be a positive integer up to ${MOST_RESAMPLES}, got ${resamples}`);
  }
  if (!(level > 0 && level < 1)) throw new Error(`${where}: level must lie between 0 and 1, got ${level}`);
  return { rng, resamples, level };
}

/** The ends of an interval; both null where there is none. */
export type BootstrapInterval =
  | { readonly low: number; readonly high: number }
  | { readonly low: null; readonly high: null };

/** What lies between the tails of a statistic's resampled values, each of (1 − `level`) / 2. Sorts the values. */
export function percentileInterval(values: Float64Array, level: number): { low: number; high: number } {
  const tail = (1 - level) / 2;
  return { low: quantile(values, tail), high: quantile(values, 1 - tail) };
}

/**
 * Percentile intervals of the interquartile mean by the stratified bootstrap: within each stratum (a task, say) as many
 * runs are drawn with replacement as it has, and the interquartile mean is taken over all strata together
 * (Agarwal et al. 2021, arXiv:2108.13264).
 *
 * One object draws its resamples once for each stratum size and uses them for every call, so that equal data give equal
 * intervals whatever was asked before, and a call costs only a weighted walk over the sorted values.
 */
export class Bootstrap {
  readonly #options: ReturnType<typeof completeOptions>;
  readonly #drawn = new Map<string, Uint16Array>();

  constructor(options: BootstrapOptions) {
    this.#options = completeOptions('Bootstrap', options);
  }

  /**
   * The interval of the interquartile mean of `strata`, a list of runs' values for each stratum. A stratum of one run says
   * nothing about its spread: there is no interval then, and both ends are null.
   * @throws if there is no stratum, an empty one, or a value that is not finite.
   */
  interval(strata: readonly (readonly number[])[]): BootstrapInterval {
    checkArgument('Bootstrap.interval', 'strata', strata, Array);
    if (strata.length === 0) throw new Error('Bootstrap.interval: wanted at least one stratum, got none');
    for (const [i, values] of strata.entries()) finiteNumbers('Bootstrap.interval', `strata[${i}]`, values);
    if (strata.some((values) => values.length === 1)) return { low: null, high: null };
    const drawn = strata.map((values, stratum) => this.#draw(stratum, values.length));
    return percentileInterval(resampledInterquartileMeans(strata, drawn), this.#options.level);
  }

  /** The resamples of a stratum of that size; another stream for each. */
  #draw(stratum: number, size: number): Uint16Array {
    const { rng, resamples } = this.#options;
    const key = `${stratum}/${size}`;
    let drawn = this.#drawn.get(key);
    if (drawn === undefined) {
      drawn = drawResamples(rng.split(key), size, resamples);
      this.#drawn.set(key, drawn);
    }
    return drawn;
  }
}

/** How often each of `size` runs is drawn in each of `count` bootstrap resamples, `[count, size]`. */
export function drawResamples(rng: Rng, size: number, count: number): Uint16Array {
  const drawn = new Uint16Array(count * size);
  for (let row = 0; row < drawn.length; row += size) {
    for (let draw = 0; draw < size; draw++) drawn[row + rng.integer(0, size)]!++;
  }
  return drawn;
}

/**
 * The interquartile mean of each bootstrap resample of `strata`, over all strata together: a weighted walk over the sorted values.
 *
 * @param drawn of each stratum, how often each of its runs is drawn, as `drawResamples` gives it.
 */
export function resampledInterquartileMeans(
  strata: readonly (readonly number[])[],
  drawn: readonly Uint16Array[],
): Float64Array {
  const sorted = strata
    .flatMap((values, stratum) => values.map((value, run) => ({ value, stratum, run })))
    .sort((a, b) => a.value - b.value);
  const cut = Math.floor(sorted.length / 4);
  const end = sorted.length - cut;
  const value = Float64Array.from(sorted, (entry) => entry.value);
  const run = Int32Array.from(sorted, (entry) => entry.run);
  const size = Int32Array.from(sorted, (entry) => strata[entry.stratum]!.length);
  const source = sorted.map((entry) => drawn[entry.stratum]!);
  return new Float64Array(drawn[0]!.length / strata[0]!.length).map((_, resample) => {
    let seen = 0;
    let sum = 0;
    for (let i = 0; seen < end; i++) {
      const before = Math.max(seen, cut);
      seen += source[i]![resample * size[i]! + run[i]!]!;
      // The part of these equal copies that lies among the middle half.
      if (seen > before) sum += value[i]! * (Math.min(seen, end) - before);
    }
    return sum / (end - cut);
  });
}

/** An interquartile mean over seeds with its 95 % interval; all null where no seed has a value. */
type InterquartileInterval = { readonly iqm: number | null } & BootstrapInterval;

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

/**
 * The mean of some values and its 95 % percentile interval by the bootstrap, which always draws the same resamples: of shares, where an
 * interquartile mean hides the runs that fail. Null where there is no value; one value has no interval.
 */
export function meanInterval(
  values: readonly number[],
  resamples = 50_000,
): { readonly mean: number | null } & BootstrapInterval {
  if (values.length === 0) return { mean: null, low: null, high: null };
  finiteNumbers('meanInterval', 'values', values);
  const { length } = values;
  const meanOf = (weight: (run: number) => number) =>
    values.reduce((sum, value, run) => sum + weight(run) * value, 0) / length;
  const mean = meanOf(() => 1);
  if (length === 1) return { mean, low: null, high: null };
  const drawn = drawResamples(new Rng('mean'), length, resamples);
  const means = new Float64Array(resamples).map((_, resample) => meanOf((run) => drawn[resample * length + run]!));
  return { mean, ...percentileInterval(means, 0.95) };
}

/** One point of a {@link performanceProfile}: the share of runs above a threshold, with its interval. */
export type ProfilePoint = BootstrapInterval & { readonly threshold: number; readonly share: number };

/**
 * The distribution of scores over runs: of each threshold τ the share of runs with a score > τ, in a pointwise band of percentile
 * intervals by the bootstrap (Agarwal et al. 2021, arXiv:2108.13264, section 4.2). It shows what a mean hides: how many runs fail.
 *
 * Where no run or every run is above τ, the band has no width. A single run has none: both ends are null.
 *
 * @param options.resamples 2,000 unless given, as rliable takes.
 * @throws if there are no scores or no thresholds, one is not finite, or an option is out of its range.
 */
export function performanceProfile(
  scores: readonly number[],
  thresholds: readonly number[],
  options: BootstrapOptions,
): ProfilePoint[] {
  const where = 'performanceProfile';
  finiteNumbers(where, 'scores', scores);
  finiteNumbers(where, 'thresholds', thresholds);
  checkArgument(where, 'options', options, Object);
  const { rng, resamples, level } = completeOptions(where, { ...options, resamples: options.resamples ?? 2000 });
  const drawn = drawResamples(rng.split('runs'), scores.length, resamples);
  return thresholds.map((threshold) => {
    const share = scores.filter((score) => score > threshold).length / scores.length;
    if (scores.length === 1) return { threshold, share, low: null, high: null };
    const shares = new Float64Array(resamples).map((_, resample) => {
      const above = scores.reduce(
        (sum, score, run) => (score > threshold ? sum + drawn[resample * scores.length + run]! : sum),
        0,
      );
      return above / scores.length;
    });
    return { threshold, share, ...percentileInterval(shares, level) };
  });
}

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
 * The `q`-quantile, linear between the two nearest order statistics (numpy's default, Hyndman–Fan type 7). Sorts the values.
 *
 * @throws if there are no values, one is not finite, or `q` does not lie in [0, 1].
 */
export function quantile(values: Float64Array, q: number): number {
  finiteNumbers('quantile', 'values', values);
  if (!(q >= 0 && q <= 1)) throw new Error(`quantile: wanted q from 0 to 1, got ${q}`);
  const position = q * (values.length - 1);
  const below = Math.floor(position);
  const [low, high] = values.sort().subarray(below) as unknown as [number, number];
  return position === below ? low : low + (position - below) * (high - low);
}

/**
 * Refuses what no statistic is made of: a NaN or an infinity would be sorted, trimmed or counted as a loss, and come back as
 * a result.
 *
 * @throws if `values` is empty or holds a number that is not finite; the error says `where`, `name` and the index.
 */
export function finiteNumbers(where: string, name: string, values: ArrayLike<number>): void {
  checkArgument(where, name, values, Array);
  if (values.length === 0) throw new Error(`${where}: wanted at least one number in ${name}, got none`);
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]))
      throw new Error(`${where}: wanted finite numbers, got ${name}[${i}] = ${values[i]}`);
  }
}

/** @throws as {@link finiteNumbers} for `x` and `y`, and if they are not as many */
export function finitePairs(where: string, x: readonly number[], y: readonly number[]): void {
  if (x?.length !== y?.length) throw new Error(`${where}: needs pairs, got ${x?.length} and ${y?.length} values`);
  finiteNumbers(where, 'x', x);
  finiteNumbers(where, 'y', y);
}
