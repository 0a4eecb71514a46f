import { checkArgument } from '../../src/options/parse.ts';
import { Rng } from '../../src/random.ts';
import { finiteNumbers, finitePairs } from './bootstrap.ts';

/** The largest number of pairs for which all 2ⁿ sign patterns are counted. */
const EXACT_PAIRS = 20;

/**
 * The two-sided p-value of Fisher's paired permutation test: if the two algorithms are alike, each difference xᵢ − yᵢ
 * is as likely with the other sign. p is the share of sign patterns whose |Σ ± dᵢ| reaches the observed one: exact up
 * to 20 pairs, beyond that (1 + hits) / (1 + patterns) over random patterns (Phipson and Smyth 2010).
 *
 * @param rng draws the random patterns; needed for more than 20 pairs.
 * @param patterns how many random patterns.
 * @throws if the lists differ in length, are empty or hold a number that is not finite, or `patterns` is no positive integer.
 */
export function pairedPermutationTest(
  x: readonly number[],
  y: readonly number[],
  rng?: Rng,
  patterns = 100_000,
): number {
  const where = 'pairedPermutationTest';
  finitePairs(where, x, y);
  checkArgument(where, 'rng', rng, [Rng, undefined]);
  if (!Number.isInteger(patterns) || patterns < 1) {
    throw new Error(`${where}: wanted a positive integer number of patterns, got ${patterns}`);
  }
  const differences = x.map((value, i) => value - y[i]!);
  const scale = differences.reduce((sum, d) => sum + Math.abs(d), 0);
  if (!Number.isFinite(scale)) throw new Error(`${where}: the differences are too large to be summed`);
  // Sums of the same numbers in another order differ in the last digits: they still count as equal.
  const observed = Math.abs(differences.reduce((sum, d) => sum + d, 0)) - 1e-12 * scale;

  if (differences.length <= EXACT_PAIRS) {
    // The first sign is held: a pattern and its mirror image have the same |sum|.
    const half = 2 ** (differences.length - 1);
    let sum = differences.reduce((total, d) => total + d, 0);
    const signs = new Int8Array(differences.length).fill(1);
    let hits = 0;
    for (let pattern = 1; ; pattern++) {
      if (Math.abs(sum) >= observed) hits++;
      if (pattern === half) return hits / half;
      // Gray code: each pattern differs from the one before in a single sign.
      const flip = 1 + (31 - Math.clz32(pattern & -pattern));
      signs[flip] = -signs[flip]!;
      sum += 2 * signs[flip]! * differences[flip]!;
    }
  }

  if (rng === undefined) {
    throw new Error(`${where}: ${x.length} pairs are too many to count all signs, pass an rng`);
  }
  let hits = 0;
  for (let pattern = 0; pattern < patterns; pattern++) {
    let sum = 0;
    for (const d of differences) sum += rng.uniform() < 0.5 ? d : -d;
    if (Math.abs(sum) >= observed) hits++;
  }
  return (1 + hits) / (1 + patterns);
}

/**
 * Holm's step-down correction: the i-th smallest of m p-values becomes max over j ≤ i of min(1, (m − j + 1) p₍ⱼ₎). It
 * keeps the chance of any false claim below the level at which the adjusted values are read (Holm 1979).
 *
 * @returns the adjusted p-values, in the order given.
 * @throws if there are none, or one is no number from 0 to 1.
 */
export function holm(pValues: readonly number[]): number[] {
  finiteNumbers('holm', 'pValues', pValues);
  const wrong = pValues.findIndex((p) => p < 0 || p > 1);
  if (wrong >= 0) throw new Error(`holm: wanted p-values from 0 to 1, got pValues[${wrong}] = ${pValues[wrong]}`);
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  for (const [rank, i] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[i]!));
    adjusted[i] = largest;
  }
  return adjusted;
}

/** A p-value to three digits; none is 0. */
export function formatP(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/**
 * Wilson's score interval of a proportion, p̂ = successes / trials:
 * (p̂ + z²/2n ± z √(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n). It stays inside [0, 1] and is honest at 0 and n successes
 * (Wilson 1927; Newcombe 1998, method 3).
 *
 * @param z the normal quantile; the default covers 95 %.
 * @throws unless 0 ≤ successes ≤ trials, trials ≥ 1 and z > 0, all finite.
 */
export function wilsonInterval(
  successes: number,
  trials: number,
  z = 1.959963984540054,
): { low: number; high: number } {
  checkArgument('wilsonInterval', 'successes', successes, Number);
  checkArgument('wilsonInterval', 'trials', trials, Number);
  if (!(z > 0 && Number.isFinite(z))) throw new Error(`wilsonInterval: wanted a finite z > 0, got ${z}`);
  if (!(trials >= 1 && Number.isFinite(trials) && successes >= 0 && successes <= trials)) {
    throw new Error(
      `wilsonInterval: needs 0 ≤ successes ≤ trials and trials ≥ 1, both finite, got ${successes} of ${trials}`,
    );
  }
  const p = successes / trials;
  const z2 = (z * z) / trials;
  const centre = p + z2 / 2;
  const half = z * Math.sqrt((p * (1 - p)) / trials + (z2 / trials) * 0.25);
  return { low: Math.max(0, (centre - half) / (1 + z2)), high: Math.min(1, (centre + half) / (1 + z2)) };
}
