/**
 * The sum as numpy has it: halves of what is longer than 128 numbers; in each, eight running sums, added in pairs. Rounding depends on the
 * order, and rewards are compared.
 *
 * @param round after each addition: `Math.fround` for float32
 */
export function pairwiseSum(numbers: ArrayLike<number>, round: (x: number) => number = (x) => x): number {
  return sumOf(numbers, 0, numbers.length, round);
}

function sumOf(numbers: ArrayLike<number>, from: number, to: number, round: (x: number) => number): number {
  const n = to - from;
  if (n > 128) {
    const half = Math.floor(n / 2);
    const middle = from + half - (half % 8);
    return round(sumOf(numbers, from, middle, round) + sumOf(numbers, middle, to, round));
  }
  const inOrder = (sum: number, begin: number): number => {
    let total = sum;
    for (let i = begin; i < to; i++) total = round(total + numbers[i]!);
    return total;
  };
  if (n < 8) return inOrder(0, from);
  const sums = Array.from({ length: 8 }, (_, i) => numbers[from + i]!);
  let i = from + 8;
  for (; i + 8 <= to; i += 8) for (let j = 0; j < 8; j++) sums[j] = round(sums[j]! + numbers[i + j]!);
  const pairs = [0, 2, 4, 6].map((j) => round(sums[j]! + sums[j + 1]!));
  return inOrder(round(round(pairs[0]! + pairs[1]!) + round(pairs[2]! + pairs[3]!)), i);
}
