/**
 * The sum as numpy has it, for up to 128 numbers: eight running sums, added in pairs. Rounding depends on the order, and rewards are compared.
 * @param round after each addition: `Math.fround` for float32
 */
export function pairwiseSum(numbers: ArrayLike<number>, round: (x: number) => number = (x) => x): number {
  const n = numbers.length;
  const inOrder = (sum: number, from: number): number => {
    for (let i = from; i < n; i++) sum = round(sum + numbers[i]!);
    return sum;
  };
  if (n < 8) return inOrder(0, 0);
  const sums = Array.from({ length: 8 }, (_, i) => numbers[i]!);
  let i = 8;
  for (; i + 8 <= n; i += 8) for (let j = 0; j < 8; j++) sums[j] = round(sums[j]! + numbers[i + j]!);
  const pairs = [0, 2, 4, 6].map((j) => round(sums[j]! + sums[j + 1]!));
  return inOrder(round(round(pairs[0]! + pairs[1]!) + round(pairs[2]! + pairs[3]!)), i);
}
