import { describe, expect, it } from 'vitest';
import { Bootstrap, interquartileMean } from '../../../cli/index.ts';
import { quantile } from '../../../cli/statistics/bootstrap.ts';
import { Rng } from '../../../src/random.ts';

describe('Bootstrap', () => {
  /** Every resample of every stratum, once. */
  function allMeans(strata: number[][]): number[] {
    let pools: number[][] = [[]];
    for (const stratum of strata) {
      for (let draw = 0; draw < stratum.length; draw++) {
        pools = pools.flatMap((pool) => stratum.map((value) => [...pool, value]));
      }
    }
    return pools.map(interquartileMean).sort((a, b) => a - b);
  }

  it.each([
    [[[1, 2, 4, 8.5, 16]]],
    [[[0, 0, 1, 1, 1]]],
    [
      [
        [1, 5],
        [100, 104, 109],
      ],
    ],
  ])('agrees with the list of all resamples of %j', (strata) => {
    const means = allMeans(strata);
    const { low, high } = new Bootstrap({ rng: new Rng(1) }).interval(strata);
    // 50,000 resamples know a 2.5 % tail to ± 0.0007 (one standard error).
    const below = (q: number) => means[Math.floor(q * (means.length - 1))]!;
    const above = (q: number) => means[Math.ceil(q * (means.length - 1))]!;
    expect(low).toBeGreaterThanOrEqual(below(0.022));
    expect(low).toBeLessThanOrEqual(above(0.028));
    expect(high).toBeGreaterThanOrEqual(below(0.972));
    expect(high).toBeLessThanOrEqual(above(0.978));
  });

  it('takes the coverage that is asked for', () => {
    const strata = [[1, 2, 4, 8.5, 16]];
    const { low, high } = new Bootstrap({ rng: new Rng(1), level: 0.5 }).interval(strata);
    const means = allMeans(strata);
    expect(low).toBeCloseTo(quantile(Float64Array.from(means), 0.25), 1);
    expect(high).toBeCloseTo(quantile(Float64Array.from(means), 0.75), 1);
  });

  it('covers the true value about as often as it says, for normal data', () => {
    const rng = new Rng('coverage');
    let covered = 0;
    for (let trial = 0; trial < 400; trial++) {
      const values = Array.from({ length: 20 }, () => rng.normal(5, 2));
      const { low, high } = new Bootstrap({ rng, resamples: 400 }).interval([values]);
      if (low! <= 5 && 5 <= high!) covered++;
    }
    // Percentile intervals are a little short at n = 20.
    expect(covered / 400).toBeGreaterThan(0.88);
    expect(covered / 400).toBeLessThan(0.98);
  });

  it('gives equal data equal intervals, whatever was asked before', () => {
    const values = [[1, 2, 4, 8, 16, 32]];
    const fresh = new Bootstrap({ rng: new Rng(3) }).interval(values);
    const used = new Bootstrap({ rng: new Rng(3) });
    used.interval([[5, 1, 7]]);
    used.interval([[5, 1, 7, 2, 9, 11]]);
    expect(used.interval(values)).toEqual(fresh);
    expect(used.interval([[32, 1, 16, 8, 2, 4]])).not.toEqual({ low: 1, high: 32 });
  });

  it('knows no interval of a stratum of one run', () => {
    const bootstrap = new Bootstrap({ rng: new Rng(0), resamples: 10 });
    for (const strata of [[[3]], [[1, 2], [3]]]) expect(bootstrap.interval(strata)).toEqual({ low: null, high: null });
  });

  it('refuses what has no interval', () => {
    const bootstrap = new Bootstrap({ rng: new Rng(0), resamples: 10 });
    expect(() => bootstrap.interval([])).toThrow('at least one stratum');
    expect(() => bootstrap.interval([[1], []])).toThrow('at least one number in strata[1], got none');
    expect(() => new Bootstrap({ rng: new Rng(0), resamples: 0 })).toThrow(
      'resamples must be a positive integer up to 10000000, got 0',
    );
    expect(() => new Bootstrap({ rng: new Rng(0), level: 95 })).toThrow('level must lie between 0 and 1, got 95');
  });
});
