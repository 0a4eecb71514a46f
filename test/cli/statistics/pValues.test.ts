import { describe, expect, it } from 'vitest';
import { holm, pairedPermutationTest } from '../../../cli/index.ts';
import { formatP } from '../../../cli/statistics/pValues.ts';
import { Rng } from '../../../src/random.ts';
import { X, Y } from './eightSeeds.ts';

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
    expect(() => pairedPermutationTest(Array(21).fill(1), Array(21).fill(0))).toThrow('pass an rng');
  });

  it('wants pairs', () => {
    expect(() => pairedPermutationTest([1, 2], [1])).toThrow('needs pairs, got 2 and 1 values');
    expect(() => pairedPermutationTest([1e308, 1e308], [-1e308, 0])).toThrow('too large to be summed');
    for (const patterns of [0, 1.5, Number.NaN]) {
      expect(() => pairedPermutationTest([1], [2], new Rng(0), patterns)).toThrow(
        `number of patterns, got ${patterns}`,
      );
    }
  });
});

describe('holm', () => {
  it('adjusts as R does', () => {
    // p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02].map((p) => expect.closeTo(p, 12)));
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
    expect(holm([0.03])).toEqual([0.03]);
  });

  it('wants p-values', () => {
    expect(() => holm([0.1, 1.5])).toThrow('holm: wanted p-values from 0 to 1, got pValues[1] = 1.5');
    expect(() => holm([-0.1])).toThrow('got pValues[0] = -0.1');
  });
});

it('formatP gives three digits, and never 0', () => {
  expect([1, 0.0625, 0.001, 0.0009, 0].map(formatP)).toEqual(['1.000', '0.063', '0.001', '< 0.001', '< 0.001']);
});
