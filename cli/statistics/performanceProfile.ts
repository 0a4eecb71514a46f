import { checkArgument } from '../../src/options/parse.ts';
import {
  type BootstrapInterval,
  type BootstrapOptions,
  completeOptions,
  drawResamples,
  percentileInterval,
} from './bootstrap.ts';
import { finiteNumbers } from './finiteNumbers.ts';

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
