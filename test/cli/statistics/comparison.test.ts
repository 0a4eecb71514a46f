import { describe, expect, it } from 'vitest';
import {
  equivalenceTest,
  improvementInterval,
  interquartileMean,
  probabilityOfImprovement,
} from '../../../cli/index.ts';
import { quantile } from '../../../cli/statistics/bootstrap.ts';
import { Rng } from '../../../src/random.ts';
import { X, Y } from './eightSeeds.ts';

describe('probabilityOfImprovement', () => {
  it('counts pairs, ties for half', () => {
    expect(probabilityOfImprovement([2, 3], [1])).toBe(1);
    expect(probabilityOfImprovement([1], [2, 3])).toBe(0);
    expect(probabilityOfImprovement([1, 2, 3], [1, 2, 3])).toBe(0.5);
    expect(probabilityOfImprovement([1, 4, 5], [2, 4])).toBeCloseTo((0 + 0 + 1 + 0.5 + 1 + 1) / 6, 12);
  });
});

describe('improvementInterval', () => {
  it.each([
    // rly.get_interval_estimates({'a': (x[:, None], y[:, None])}, metrics.probability_of_improvement, reps=20000)
    [X, Y, 0.6171875, 0.3203125, 0.890625],
    [X.slice(0, 5), Y, 0.525, 0.2, 0.875],
  ])('is that of rliable, for %j and %j', (x, y, share, low, high) => {
    expect(probabilityOfImprovement(x, y)).toBe(share);
    const interval = improvementInterval(x, y, { rng: new Rng('improvement') });
    // Shares of resamples are counts over the number of pairs: the two bootstraps may end on neighbours.
    const step = 1 / (x.length * y.length) + 1e-12;
    expect(Math.abs(interval.low! - low)).toBeLessThanOrEqual(step);
    expect(Math.abs(interval.high! - high)).toBeLessThanOrEqual(step);
    const mirrored = improvementInterval(y, x, { rng: new Rng('improvement') });
    expect(Math.abs(mirrored.low! - (1 - high))).toBeLessThanOrEqual(step);
    expect(Math.abs(mirrored.high! - (1 - low))).toBeLessThanOrEqual(step);
  });

  it('agrees with the list of all resamples of three runs against two', () => {
    const [x, y] = [
      [1, 3, 5],
      [2, 3],
    ];
    const resamples = (values: number[]) =>
      values.reduce<number[][]>((pools) => pools.flatMap((pool) => values.map((value) => [...pool, value])), [[]]);
    const all = resamples(x).flatMap((a) => resamples(y).map((b) => probabilityOfImprovement(a, b)));
    all.sort((a, b) => a - b);
    const { low, high } = improvementInterval(x, y, { rng: new Rng(1), level: 0.8 });
    // 50,000 resamples know a 10 % tail to ± 0.0013 (one standard error).
    for (const [end, q] of [
      [low!, 0.1],
      [high!, 0.9],
    ] as const) {
      expect(end).toBeGreaterThanOrEqual(all[Math.floor((q - 0.005) * (all.length - 1))]!);
      expect(end).toBeLessThanOrEqual(all[Math.ceil((q + 0.005) * (all.length - 1))]!);
    }
  });

  it('knows no interval of one run, and has none of width where all is won', () => {
    const options = { rng: new Rng(0), resamples: 10 };
    expect(improvementInterval([1], [2, 3], options)).toEqual({ low: null, high: null });
    expect(improvementInterval([1, 2], [3], options)).toEqual({ low: null, high: null });
    expect(improvementInterval([4, 5], [2, 3], options)).toEqual({ low: 1, high: 1 });
    expect(() => improvementInterval([1, 2], [3, 4], { ...options, level: 0 })).toThrow(
      'improvementInterval: level must lie between 0 and 1, got 0',
    );
  });
});

describe('equivalenceTest', () => {
  it.each([
    // scipy.stats.bootstrap((x, y), lambda a, b, axis: trim_mean(a, 0.25, axis) - trim_mean(b, 0.25, axis), paired=True,
    //   method='percentile', confidence_level=0.9 and 0.8, n_resamples=400000)
    [0.95, -0.005, 0.0625],
    [0.9, 0.005, 0.0575],
  ])('at %d has the interval of scipy', (confidence, low, high) => {
    const test = equivalenceTest(X, Y, { bound: 0.05, rng: new Rng('pairs'), confidence });
    expect(test.difference).toBeCloseTo(0.035, 12);
    // The resampled differences are multiples of 0.0025, with several near each end.
    expect(test.low).toBeCloseTo(low, 2.5);
    expect(test.high).toBeCloseTo(high, 2.5);
    const mirrored = equivalenceTest(Y, X, { bound: 0.05, rng: new Rng('pairs'), confidence });
    expect([mirrored.difference, mirrored.low, mirrored.high]).toEqual(
      [-test.difference, -test.high!, -test.low!].map((value) => expect.closeTo(value, 12)),
    );
  });

  it('agrees with the list of all resamples of five pairs', () => {
    const [x, y] = [
      [1, 2, 4, 8.5, 16],
      [3, 1, 3, 9, 12],
    ];
    let draws: number[][] = [[]];
    for (let draw = 0; draw < 5; draw++) draws = draws.flatMap((runs) => [0, 1, 2, 3, 4].map((run) => [...runs, run]));
    const all = draws.map((runs) => {
      const mean = (values: number[]) => interquartileMean(runs.map((run) => values[run]!));
      return mean(x) - mean(y);
    });
    const test = equivalenceTest(x, y, { bound: 1, rng: new Rng(1) });
    for (const [end, q] of [
      [test.low!, 0.05],
      [test.high!, 0.95],
    ] as const) {
      // 50,000 resamples know a 5 % tail to ± 0.001 (one standard error).
      expect(end).toBeGreaterThanOrEqual(quantile(Float64Array.from(all), q - 0.004));
      expect(end).toBeLessThanOrEqual(quantile(Float64Array.from(all), q + 0.004));
    }
  });

  it('says equivalent, different or undecided, by where the interval lies', () => {
    const verdict = (bound: number, x = X, y = Y) => equivalenceTest(x, y, { bound, rng: new Rng('pairs') }).verdict;
    expect([0.001, 0.03, 0.06, 0.065].map((bound) => verdict(bound))).toEqual([
      'undecided',
      'undecided',
      'undecided',
      'equivalent',
    ]);
    const above = X.map((value) => value + 0.1);
    expect([verdict(0.05, above), verdict(0.05, Y, above), verdict(0.1, above)]).toEqual([
      'different',
      'different',
      'undecided',
    ]);
    expect(verdict(0.01, X, X)).toBe('equivalent');
  });

  it('decides nothing with fewer than five pairs', () => {
    for (const pairs of [1, 2, 3, 4]) {
      const x = X.slice(0, pairs);
      const { difference, low, verdict } = equivalenceTest(x, x, { bound: 1, rng: new Rng(0), resamples: 10 });
      expect([difference, low, verdict]).toEqual([0, pairs === 1 ? null : 0, 'undecided']);
    }
  });

  it('takes what differs by the bound for equivalent about as seldom as it says', () => {
    const rng = new Rng('size');
    let equivalent = 0;
    for (let trial = 0; trial < 600; trial++) {
      const seeds = Array.from({ length: 10 }, () => rng.normal());
      const x = seeds.map((value) => value + rng.normal(0.8, 0.5));
      const y = seeds.map((value) => value + rng.normal(0, 0.5));
      if (equivalenceTest(x, y, { bound: 0.8, rng: rng.split(trial), resamples: 400 }).verdict === 'equivalent')
        equivalent++;
    }
    // 5 % of 600 are 30, with a standard deviation of 5.3.
    expect(equivalent).toBeGreaterThan(14);
    expect(equivalent).toBeLessThan(46);
  });

  it('wants pairs, a bound and a confidence', () => {
    const options = { bound: 1, rng: new Rng(0) };
    expect(() => equivalenceTest([1, 2], [1], options)).toThrow('equivalenceTest: needs pairs, got 2 and 1 values');
    for (const bound of [0, -1, Number.POSITIVE_INFINITY]) {
      expect(() => equivalenceTest([1, 2], [1, 2], { ...options, bound })).toThrow(`a finite bound > 0, got ${bound}`);
    }
    for (const confidence of [0.5, 1, 95]) {
      expect(() => equivalenceTest([1, 2], [1, 2], { ...options, confidence })).toThrow(
        `confidence must lie between 0.5 and 1, got ${confidence}`,
      );
    }
  });
});
