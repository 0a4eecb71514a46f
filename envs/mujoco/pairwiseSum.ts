/**
 * The sum as numpy has it: halves of what is longer than 128 numbers; in each, eight running sums, added in pairs. Rounding depends on the
 * order, and rewards are compared.
 *
 * @param round after each addition: `Math.fround` for float32
 */
export function pairwiseSum(numbers: ArrayLike<number>, round: (x: number) => number = same): number {
  return sumOf(numbers, 0, numbers.length, round);
}

const same = (x: number) => x;
const running = new Float64Array(8);

function sumOf(numbers: ArrayLike<number>, from: number, to: number, round: (x: number) => number): number {
  const n = to - from;
  if (n > 128) {
    const half = Math.floor(n / 2);
    const middle = from + half - (half % 8);
    return round(sumOf(numbers, from, middle, round) + sumOf(numbers, middle, to, round));
  }
  let i = from;
  let sum = 0;
  if (n >= 8) {
    const r = running;
    for (let j = 0; j < 8; j++) r[j] = numbers[i++]!;
    for (; i + 8 <= to; i += 8) for (let j = 0; j < 8; j++) r[j] = round(r[j]! + numbers[i + j]!);
    const first = round(round(r[0]! + r[1]!) + round(r[2]! + r[3]!));
    sum = round(first + round(round(r[4]! + r[5]!) + round(r[6]! + r[7]!)));
  }
  for (; i < to; i++) sum = round(sum + numbers[i]!);
  return sum;
}
