import { expect, test } from 'vitest';
import { successAtK } from '../../../../experiments/lake/walks/successAtK.ts';

/** The share of the k-subsets of n tries, the first c of which succeed, that hold a success: counted one by one. */
function counted(c: number, n: number, k: number): number {
  let [all, some] = [0, 0];
  for (let subset = 0; subset < 2 ** n; subset++) {
    const size = Array.from({ length: n }, (_, i) => (subset >> i) & 1).reduce((sum, bit) => sum + bit, 0);
    if (size !== k) continue;
    all++;
    if (subset % 2 ** c !== 0) some++;
  }
  return some / all;
}

test('success at k is the share of k-subsets of the tries that hold a success', () => {
  for (const [c, n, k] of [
    [0, 6, 2],
    [1, 6, 1],
    [1, 6, 4],
    [2, 9, 3],
    [5, 9, 4],
    [6, 9, 4],
    [9, 9, 9],
  ] as const) {
    expect(successAtK({ successes: c, tries: n, k }), `${c} of ${n}, k = ${k}`).toBeCloseTo(counted(c, n, k), 12);
  }
});

test('it is unbiased: its mean over binomial successes is 1 − (1 − p)ᵏ', () => {
  const [n, k, p] = [10, 8, 0.3];
  let [mean, chance] = [0, (1 - p) ** n];
  for (let c = 0; c <= n; c++) {
    mean += chance * successAtK({ successes: c, tries: n, k });
    chance *= ((n - c) / (c + 1)) * (p / (1 - p));
  }
  expect(mean).toBeCloseTo(1 - (1 - p) ** k, 12);
});

test('what cannot be is refused', () => {
  expect(() => successAtK({ successes: 1, tries: 5, k: 6 })).toThrow(
    'successAtK: k: got 6, expected an integer from 1 to the 5 tries',
  );
  expect(() => successAtK({ successes: 6, tries: 5, k: 1 })).toThrow(/successes: got 6, expected an integer from 0 to/);
});
