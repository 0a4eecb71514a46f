import type { Rng } from '../../src/random.ts';

/**
 * By dimension after the first: the degree s and the inner coefficients a of its primitive polynomial, and its first s direction numbers.
 *
 * Joe & Kuo, "Constructing Sobol sequences with better two-dimensional projections", 2008: the first rows of their table
 * new-joe-kuo-6.
 */
const DIRECTIONS: readonly (readonly [degree: number, coefficients: number, ...first: readonly number[]])[] = [
  [1, 0, 1],
  [2, 1, 1, 3],
  [3, 1, 1, 3, 1],
  [3, 2, 1, 1, 1],
  [4, 1, 1, 1, 3, 3],
  [4, 4, 1, 3, 5, 13],
  [5, 2, 1, 1, 5, 5, 17],
  [5, 4, 1, 1, 5, 5, 5],
  [5, 7, 1, 1, 7, 11, 19],
  [5, 11, 1, 1, 5, 1, 1],
  [5, 13, 1, 1, 1, 3, 11],
  [5, 14, 1, 3, 5, 5, 31],
  [6, 1, 1, 3, 3, 9, 7, 49],
  [6, 13, 1, 1, 1, 15, 21, 21],
  [6, 16, 1, 3, 1, 13, 27, 49],
  [6, 19, 1, 1, 1, 15, 7, 5],
  [6, 22, 1, 3, 1, 15, 13, 25],
  [6, 25, 1, 1, 5, 5, 19, 61],
  [7, 1, 1, 3, 7, 11, 23, 15, 103],
  [7, 4, 1, 3, 7, 13, 13, 15, 69],
];

const BITS = 32;

/** How many dimensions {@link sobol} has. */
export const MOST_DIMENSIONS = DIRECTIONS.length + 1;

/**
 * One dimension of the first `count` points of a Sobol sequence, in [0, 1): with a power of two of them, each part of 1 / count has one
 * number in it, and parts of two dimensions together are filled evenly, too.
 *
 * @param dimension from 0 to {@link MOST_DIMENSIONS} − 1
 * @param rng scrambles: by a random linear map of the digits and a shift, which keep all that and make each point uniform. Without it the
 *   first point is 0
 * @throws if there is no such dimension
 *
 * Sobol, 1967, in the order of Antonov & Saleev, 1979; Matoušek, "On the L₂-discrepancy for anchored boxes", 1998, scrambles.
 */
export function sobol(dimension: number, count: number, rng?: Rng): Float64Array {
  if (!(Number.isInteger(dimension) && dimension >= 0 && dimension < MOST_DIMENSIONS)) {
    throw new Error(`sobol: dimension: got ${dimension}, expected an integer from 0 to ${MOST_DIMENSIONS - 1}`);
  }
  const plain = directionNumbers(dimension);
  const directions = rng === undefined ? plain : scrambled(plain, rng);
  let point = rng === undefined ? 0 : word(rng);
  return Float64Array.from({ length: count }, (_, i) => {
    // The next point differs by the direction number of the lowest digit of i that is 0.
    if (i > 0) point = (point ^ directions[31 - Math.clz32(i & -i)]!) >>> 0;
    return point / 2 ** BITS;
  });
}

/** vₖ = mₖ / 2ᵏ, the k-th digit after the point first, as integers of 32 bits. */
function directionNumbers(dimension: number): number[] {
  if (dimension === 0) return Array.from({ length: BITS }, (_, k) => (1 << (BITS - 1 - k)) >>> 0);
  const [degree, coefficients, ...first] = DIRECTIONS[dimension - 1]!;
  const numbers = first.map((m, k) => (m << (BITS - 1 - k)) >>> 0);
  for (let k = degree; k < BITS; k++) {
    let next = numbers[k - degree]! ^ (numbers[k - degree]! >>> degree);
    for (let i = 1; i < degree; i++) {
      if ((coefficients >>> (degree - 1 - i)) & 1) next ^= numbers[k - i]!;
    }
    numbers.push(next >>> 0);
  }
  return numbers;
}

/** The numbers mapped by a random matrix of digits: each digit is itself, plus some of those before it, modulo 2. */
function scrambled(numbers: readonly number[], rng: Rng): number[] {
  const rows = Array.from({ length: BITS }, (_, digit) => {
    const own = 1 << (BITS - 1 - digit);
    const before = digit === 0 ? 0 : -1 << (BITS - digit);
    return (own | (word(rng) & before)) >>> 0;
  });
  return numbers.map(
    (number) => rows.reduce((mapped, row, digit) => mapped | (parity(row & number) << (BITS - 1 - digit)), 0) >>> 0,
  );
}

/** Whether a word has an odd number of ones. */
function parity(bits: number): number {
  let rest = bits;
  for (let shift = 16; shift > 0; shift >>= 1) rest ^= rest >>> shift;
  return rest & 1;
}

/** 32 random bits. */
function word(rng: Rng): number {
  return Math.floor(rng.uniform(0, 2 ** BITS));
}
