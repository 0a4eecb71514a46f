import { finiteNumbers } from './finiteNumbers.ts';

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
