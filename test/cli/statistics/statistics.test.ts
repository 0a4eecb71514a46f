import { describe, expect, it } from 'vitest';
import {
  Bootstrap,
  holm,
  improvementInterval,
  interquartileMean,
  pairedDifference,
  pairedPermutationTest,
  performanceProfile,
  probabilityOfImprovement,
  wilsonInterval,
} from '../../../cli/index.ts';
import { meanInterval, quantile } from '../../../cli/statistics/bootstrap.ts';
import { formatP } from '../../../cli/statistics/pValues.ts';
import { Rng } from '../../../src/random.ts';

/** Two policies with eight seeds each, for which scipy 1.17.1 and rliable 1.2.0 were asked in Python 3.11. */
const X = [0.81, 0.92, 0.88, 0.95, 0.79, 0.9, 0.86, 0.97];
const Y = [0.84, 0.85, 0.83, 0.96, 0.7, 0.93, 0.8, 0.9];

/** That the ends of an interval lie at the tails of all values, give or take a probability. */
function ends(
  { low, high }: { low: number | null; high: number | null },
  values: number[],
  { tail, within }: { tail: number; within: number },
): void {
  const sorted = values.toSorted((a, b) => a - b);
  for (const [end, q] of [
    [low, tail],
    [high, 1 - tail],
  ] as const) {
    expect(end).toBeGreaterThanOrEqual(sorted[Math.floor((q - within) * (sorted.length - 1))]!);
    expect(end).toBeLessThanOrEqual(sorted[Math.ceil((q + within) * (sorted.length - 1))]!);
  }
}

/** Every resample of some values. */
function resamples<T>(values: readonly T[]): T[][] {
  return values.reduce<T[][]>((pools) => pools.flatMap((pool) => values.map((value) => [...pool, value])), [[]]);
}

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
});

describe('meanInterval', () => {
  it('has the mean of all values, and the tails of the means of all resamples', () => {
    const values = [0.1, 0.12, 0.9, 0.15, 0.11];
    const { mean, ...interval } = meanInterval(values);
    expect(mean).toBeCloseTo(0.276, 12);
    const means = resamples(values).map((each) => each.reduce((sum, value) => sum + value, 0) / 5);
    ends(interval, means, { tail: 0.025, within: 0.004 });
    expect(meanInterval(values)).toEqual({ mean, ...interval });
  });

  it('of one value has no interval, of none nothing, and refuses what is no number', () => {
    expect(meanInterval([0.4])).toEqual({ mean: 0.4, low: null, high: null });
    expect(meanInterval([])).toEqual({ mean: null, low: null, high: null });
    expect(() => meanInterval([1, Number.NaN])).toThrow('meanInterval: wanted finite numbers, got values[1] = NaN');
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

describe('Bootstrap', () => {
  /** Every resample of every stratum, once. */
  function allMeans(strata: number[][]): number[] {
    const pools = strata.reduce<number[][]>(
      (before, stratum) => before.flatMap((pool) => resamples(stratum).map((drawn) => [...pool, ...drawn])),
      [[]],
    );
    return pools.map(interquartileMean);
  }

  it.each([
    [[[1, 2, 4, 8.5, 16, 30]]],
    [[[0, 0, 1, 1, 1]]],
    [
      [
        [1, 5],
        [100, 104, 109],
      ],
    ],
  ])('agrees with the list of all resamples of %j', (strata) => {
    // 50,000 resamples know a 2.5 % tail to ± 0.0007 (one standard error).
    ends(new Bootstrap({ rng: new Rng(1) }).interval(strata), allMeans(strata), { tail: 0.025, within: 0.003 });
  });

  it('takes the coverage that is asked for', () => {
    const strata = [[1, 2, 4, 8.5, 16]];
    const { low, high } = new Bootstrap({ rng: new Rng(1), level: 0.5 }).interval(strata);
    const means = allMeans(strata);
    expect(low).toBeCloseTo(quantile(Float64Array.from(means), 0.25), 1);
    expect(high).toBeCloseTo(quantile(Float64Array.from(means), 0.75), 1);
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
});

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
    const all = resamples(x).flatMap((a) => resamples(y).map((b) => probabilityOfImprovement(a, b)));
    // 50,000 resamples know a 10 % tail to ± 0.0013 (one standard error).
    ends(improvementInterval(x, y, { rng: new Rng(1), level: 0.8 }), all, { tail: 0.1, within: 0.005 });
  });

  it('knows no interval of one run, and has none of width where all is won', () => {
    const options = { rng: new Rng(0), resamples: 10 };
    expect(improvementInterval([1], [2, 3], options)).toEqual({ low: null, high: null });
    expect(improvementInterval([1, 2], [3], options)).toEqual({ low: null, high: null });
    expect(improvementInterval([4, 5], [2, 3], options)).toEqual({ low: 1, high: 1 });
  });
});

describe('pairedDifference', () => {
  it.each([
    // scipy.stats.bootstrap((x, y), lambda a, b, axis: trim_mean(a, 0.25, axis) - trim_mean(b, 0.25, axis), paired=True,
    //   method='percentile', confidence_level=0.9 and 0.8, n_resamples=400000)
    [0.9, -0.005, 0.0625],
    [0.8, 0.005, 0.0575],
  ])('at %d has the interval of scipy', (level, low, high) => {
    const test = pairedDifference(X, Y, { rng: new Rng('pairs'), level });
    expect(test.difference).toBeCloseTo(0.035, 12);
    // The resampled differences are multiples of 0.0025, with several near each end.
    expect(test.low).toBeCloseTo(low, 2.5);
    expect(test.high).toBeCloseTo(high, 2.5);
    const mirrored = pairedDifference(Y, X, { rng: new Rng('pairs'), level });
    expect([mirrored.difference, mirrored.low, mirrored.high]).toEqual(
      [-test.difference, -test.high!, -test.low!].map((value) => expect.closeTo(value, 12)),
    );
  });

  it('agrees with the list of all resamples of five pairs', () => {
    const [x, y] = [
      [1, 2, 4, 8.5, 16],
      [3, 1, 3, 9, 12],
    ];
    const all = resamples([0, 1, 2, 3, 4]).map((runs) => {
      const mean = (values: number[]) => interquartileMean(runs.map((run) => values[run]!));
      return mean(x) - mean(y);
    });
    // 50,000 resamples know a 5 % tail to ± 0.001 (one standard error).
    ends(pairedDifference(x, y, { rng: new Rng(1), level: 0.9 }), all, { tail: 0.05, within: 0.0036 });
  });

  it('has no interval of one pair', () => {
    expect(pairedDifference([2], [1], { rng: new Rng(0) })).toEqual({ difference: 1, low: null, high: null });
  });
});

describe('pairedPermutationTest', () => {
  it('is that of scipy', () => {
    // scipy.stats.permutation_test((x, y), lambda a, b, axis: np.mean(a - b, axis), permutation_type='samples', n_resamples=np.inf)
    expect(pairedPermutationTest(X, Y)).toBe(0.109375);
  });

  // Darwin's maize, crossed and self-fertilized, heights in eighths of an inch; Fisher 1935 counts 863 of 32,768 patterns
  // that reach the observed sum of 314.
  const darwin = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];
  const zeros = darwin.map(() => 0);

  it('counts what Fisher counted', () => {
    expect(pairedPermutationTest(darwin, zeros)).toBe((2 * 863) / 32768);
    expect(pairedPermutationTest(zeros, darwin)).toBe((2 * 863) / 32768);
  });

  it('is exact in small cases', () => {
    expect(pairedPermutationTest([1], [0])).toBe(1);
    expect(pairedPermutationTest([1, 2, 3], [0, 0, 0])).toBe(0.25);
    expect(pairedPermutationTest([1, 2, 3], [1, 2, 3])).toBe(1);
    expect(pairedPermutationTest([0.1, 0.2, 0.3], [0, 0, 0.6])).toBe(1);
    expect(pairedPermutationTest(Array(20).fill(0.1), Array(20).fill(0))).toBe(2 / 2 ** 20);
  });

  it('samples patterns for more pairs', () => {
    // Eleven pairs more that do not matter: the exact p-value stays.
    const p = pairedPermutationTest([...darwin, ...Array(11).fill(1)], [...zeros, ...Array(11).fill(1)], new Rng(5));
    expect(Math.abs(p - 1726 / 32768)).toBeLessThan(0.003);
    // Of the patterns that were drawn none reaches the sum: the one that was observed does.
    expect(pairedPermutationTest(Array(30).fill(1), Array(30).fill(0), new Rng(5), 10)).toBe(1 / 11);
  });
});

describe('holm', () => {
  it('adjusts as R does', () => {
    // p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02].map((p) => expect.closeTo(p, 12)));
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
    expect(holm([0.03])).toEqual([0.03]);
  });
});

it('formatP gives three digits, and never 0', () => {
  expect([1, 0.0625, 0.001, 0.0009, 0].map(formatP)).toEqual(['1.000', '0.063', '0.001', '< 0.001', '< 0.001']);
});

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

describe('wilsonInterval', () => {
  it.each([
    // Newcombe 1998, table I, method 3.
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%d of %d: %d to %d', (successes, trials, low, high) => {
    const interval = wilsonInterval(successes, trials);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
    const mirrored = wilsonInterval(trials - successes, trials);
    expect(mirrored.low).toBeCloseTo(1 - interval.high, 12);
    expect(mirrored.high).toBeCloseTo(1 - interval.low, 12);
  });
});

describe('what no statistic is made of is refused, by function, argument and index', () => {
  const zeros = (values: number[]) => values.map(() => 0);
  const statistics: [name: string, argument: string, of: (values: number[]) => unknown][] = [
    ['interquartileMean', 'values', interquartileMean],
    ['quantile', 'values', (values) => quantile(Float64Array.from(values), 0.5)],
    ['holm', 'pValues', holm],
    ['probabilityOfImprovement', 'x', (values) => probabilityOfImprovement(values, [1, 2])],
    ['probabilityOfImprovement', 'y', (values) => probabilityOfImprovement([1, 2], values)],
    ['pairedPermutationTest', 'x', (values) => pairedPermutationTest(values, zeros(values))],
    ['pairedPermutationTest', 'y', (values) => pairedPermutationTest(zeros(values), values)],
    ['improvementInterval', 'x', (values) => improvementInterval(values, [1, 2], { rng: new Rng(0) })],
    ['improvementInterval', 'y', (values) => improvementInterval([1, 2], values, { rng: new Rng(0) })],
    ['performanceProfile', 'scores', (values) => performanceProfile(values, [0], { rng: new Rng(0) })],
    ['performanceProfile', 'thresholds', (values) => performanceProfile([1, 2], values, { rng: new Rng(0) })],
    ['Bootstrap.interval', 'strata[1]', (values) => new Bootstrap({ rng: new Rng(0) }).interval([[1, 2], values])],
  ];

  it.each(statistics)('%s, %s', (name, argument, of) => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const at of [0, 4]) {
        expect(() => of([0.1, 0.2, 0.3, 0.4, 0.5].with(at, bad))).toThrow(
          `${name}: wanted finite numbers, got ${argument}[${at}] = ${bad}`,
        );
      }
    }
    if (name === 'pairedPermutationTest') argument = 'x';
    expect(() => of([])).toThrow(`${name}: wanted at least one number in ${argument}, got none`);
  });

  const rng = new Rng(0);
  const bootstrap = new Bootstrap({ rng, resamples: 10 });
  const ofTwo = (level: number) => () => improvementInterval([1, 2], [3, 4], { rng, level });
  const ones: number[] = Array(21).fill(1);
  it.each<[() => unknown, string]>([
    [() => bootstrap.interval([]), 'at least one stratum'],
    [() => bootstrap.interval([[1], []]), 'at least one number in strata[1], got none'],
    [() => new Bootstrap({ rng, resamples: 0 }), 'resamples must be a positive integer up to 10000000, got 0'],
    [() => new Bootstrap({ rng, level: 95 }), 'level must lie between 0 and 1, got 95'],
    [ofTwo(0), 'improvementInterval: level must lie between 0 and 1, got 0'],
    [() => pairedDifference([1, 2], [1], { rng }), 'needs pairs, got 2 and 1 values'],
    [() => pairedPermutationTest(ones, zeros(ones)), 'pass an rng'],
    [() => pairedPermutationTest([1, 2], [1]), 'needs pairs, got 2 and 1 values'],
    [() => pairedPermutationTest([1e308, 1e308], [-1e308, 0]), 'too large to be summed'],
    ...[0, 1.5, Number.NaN].map((patterns): [() => unknown, string] => [
      () => pairedPermutationTest([1], [2], rng, patterns),
      `number of patterns, got ${patterns}`,
    ]),
    [() => holm([0.1, 1.5]), 'holm: wanted p-values from 0 to 1, got pValues[1] = 1.5'],
    [() => holm([-0.1]), 'got pValues[0] = -0.1'],
    [() => wilsonInterval(3, 2), 'got 3 of 2'],
    [() => wilsonInterval(0, 0), 'got 0 of 0'],
    [() => wilsonInterval(Number.NaN, 5), 'successes: got NaN, expected a number'],
    [() => wilsonInterval(5, Number.POSITIVE_INFINITY), 'got 5 of Infinity'],
    [() => wilsonInterval(1, 5, Number.NaN), 'wanted a finite z > 0, got NaN'],
    [() => wilsonInterval(1, 5, Number.POSITIVE_INFINITY), 'wanted a finite z > 0, got Infinity'],
    ...[-0.1, 1.1, Number.NaN].map((q): [() => unknown, string] => [
      () => quantile(Float64Array.of(1, 2), q),
      `quantile: wanted q from 0 to 1, got ${q}`,
    ]),
  ])('%s: %s', (call, message) => {
    expect(call).toThrow(message);
  });
});
