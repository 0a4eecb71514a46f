/**
 * Holm's step-down correction: the i-th smallest of m p-values becomes max over j ≤ i of min(1, (m − j + 1) p₍ⱼ₎). It
 * keeps the chance of any false claim below the level at which the adjusted values are read (Holm 1979).
 *
 * @returns the adjusted p-values, in the order given.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  for (const [rank, i] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[i]!));
    adjusted[i] = largest;
  }
  return adjusted;
}
