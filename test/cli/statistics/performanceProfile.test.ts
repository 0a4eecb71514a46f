import { describe, expect, it } from 'vitest';
import { performanceProfile } from '../../../cli/index.ts';
import { Rng } from '../../../src/random.ts';
import { X } from './eightSeeds.ts';

describe('performanceProfile', () => {
  it('is that of rliable', () => {
    // rly.create_performance_profile({'a': x[:, None]}, tau_list, reps=20000)
    const profile = performanceProfile(X, [0.75, 0.8, 0.86, 0.9, 0.95, 0.97], { rng: new Rng(1), resamples: 20_000 });
    expect(profile.map(({ share }) => share)).toEqual([1, 0.875, 0.625, 0.375, 0.125, 0]);
    expect(profile.map(({ low }) => low)).toEqual([1, 0.625, 0.25, 0.125, 0, 0]);
    expect(profile.map(({ high }) => high)).toEqual([1, 1, 0.875, 0.75, 0.375, 0]);
  });

  it('has a band of binomial quantiles, since the number of runs above is binomial in a resample', () => {
    const scores = Array.from({ length: 20 }, (_, i) => i);
    for (const { threshold, share, low, high } of performanceProfile(scores, [2, 9, 16], {
      rng: new Rng(2),
      resamples: 50_000,
      level: 0.9,
    })) {
      expect(share).toBe((19 - threshold) / 20);
      // P(B ≤ k) of B ~ Binomial(20, share): 5 % lie below `low`, 5 % above `high`, at the resolution of the resamples.
      expect(below(20, share, 20 * low! - 1)).toBeLessThan(0.052);
      expect(below(20, share, 20 * low!)).toBeGreaterThan(0.048);
      expect(below(20, share, 20 * high! - 1)).toBeLessThan(0.952);
      expect(below(20, share, 20 * high!)).toBeGreaterThan(0.948);
    }
  });

  /** P(B ≤ k) of B ~ Binomial(n, p). */
  function below(n: number, p: number, k: number): number {
    let [probability, sum] = [(1 - p) ** n, 0];
    for (let i = 0; i <= k; i++) {
      sum += probability;
      probability *= ((n - i) / (i + 1)) * (p / (1 - p));
    }
    return sum;
  }

  it('has no band of a single run', () => {
    expect(performanceProfile([1], [0, 1], { rng: new Rng(0) })).toEqual([
      { threshold: 0, share: 1, low: null, high: null },
      { threshold: 1, share: 0, low: null, high: null },
    ]);
  });
});
