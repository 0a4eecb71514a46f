import { type BootstrapOptions, completeOptions } from './bootstrapOptions.ts';
import { drawResamples } from './drawResamples.ts';
import { finiteNumbers } from './finiteNumbers.ts';
import { type BootstrapInterval, percentileInterval } from './percentileInterval.ts';
import { resampledInterquartileMeans } from './resampledInterquartileMeans.ts';

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
