import { describe, expect, it } from 'vitest';
import { interquartileMean } from '../../../cli/index.ts';
import { quantile } from '../../../cli/statistics/bootstrap.ts';
import { Rng } from '../../../src/random.ts';

describe('interquartileMean', () => {
  it.each([
    // scipy.stats.trim_mean(x, 0.25)
    [[7], 7],
    [[1, 9], 5],
    [[3, 1, 2], 2],
    [[100, 1, 2, 3], 2.5],
    [[0, 10, 1, 2, 1000], 13 / 3],
    [[8, 1, 7, 2, 6, 3, 5, 4], 4.5],
    [[-1e9, 1, 2, 3, 4, 5, 6, 7, 1e9], 4],
  ])('of %j is %d', (values, expected) => {
    expect(interquartileMean(values)).toBeCloseTo(expected, 12);
  });

  it('leaves its argument as it is, and wants values', () => {
    const values = [3, 1, 2];
    interquartileMean(values);
    expect(values).toEqual([3, 1, 2]);
    expect(() => interquartileMean([])).toThrow('interquartileMean: wanted at least one number in values, got none');
  });
});

describe('quantile', () => {
  it('interpolates as numpy does', () => {
    // numpy.quantile([1, 2, 4, 8], [0, 0.1, 0.5, 0.95, 1])
    expect([0, 0.1, 0.5, 0.95, 1].map((q) => quantile(Float64Array.of(4, 1, 8, 2), q))).toEqual([
      1,
      1.3,
      3,
      expect.closeTo(7.4, 12),
      8,
    ]);
  });
});

describe('quantile of many values', () => {
  it('is that of the sorted ones, ties or not', () => {
    const rng = new Rng('quantile');
    for (const kinds of [1, 3, 1000]) {
      const values = Float64Array.from({ length: 501 }, () => rng.integer(0, kinds));
      const sorted = values.toSorted();
      for (const k of [0, 1, 12, 250, 499, 500]) expect(quantile(values, k / 500)).toBe(sorted[k]);
    }
  });
});
