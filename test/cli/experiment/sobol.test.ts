import { expect, test } from 'vitest';
import { MOST_DIMENSIONS, sobol } from '../../../cli/experiment/searchSpace.ts';
import { Rng } from '../../../src/index.ts';

/** Points, a row a point. */
const points = (count: number, rng?: Rng) => {
  const columns = Array.from({ length: MOST_DIMENSIONS }, (_, d) => [...sobol(d, count, rng?.split(d))]);
  return Array.from({ length: count }, (_, i) => columns.map((column) => column[i]!));
};

test('the first points are those that Joe and Kuo publish, of three dimensions', () => {
  expect(points(10).map((point) => point.slice(0, 3))).toEqual([
    [0, 0, 0],
    [0.5, 0.5, 0.5],
    [0.75, 0.25, 0.25],
    [0.25, 0.75, 0.75],
    [0.375, 0.375, 0.625],
    [0.875, 0.875, 0.125],
    [0.625, 0.125, 0.875],
    [0.125, 0.625, 0.375],
    [0.1875, 0.3125, 0.9375],
    [0.6875, 0.8125, 0.4375],
  ]);
});

test("all dimensions are those of SciPy's qmc.Sobol without scrambling", () => {
  const last = points(1001);
  // (qmc.Sobol(21, scramble=False, bits=32).random(1024) * 16)[5, 11, 14], and * 1024 of [1000]
  expect(last[5]!.map((x) => Math.floor(16 * x))).toEqual([
    14, 14, 2, 6, 14, 10, 14, 6, 6, 2, 6, 14, 14, 2, 14, 6, 14, 6, 6, 10, 10,
  ]);
  expect(last[11]!.map((x) => Math.floor(16 * x))).toEqual([
    7, 9, 3, 11, 13, 1, 11, 11, 11, 1, 15, 5, 3, 3, 9, 3, 9, 1, 11, 9, 15,
  ]);
  expect(last[14]!.map((x) => Math.floor(16 * x))).toEqual([
    9, 7, 1, 13, 3, 11, 5, 13, 13, 3, 9, 11, 13, 1, 7, 5, 7, 7, 13, 3, 5,
  ]);
  expect(last[1000]!.map((x) => Math.floor(1024 * x))).toEqual([
    225, 99, 531, 693, 287, 929, 47, 921, 513, 71, 87, 261, 165, 393, 147, 379, 737, 353, 1015, 743, 535,
  ]);
});

test('scrambled or not, 2^k points have one number in each of 2^k parts of every dimension, and two dimensions fill boxes evenly', () => {
  for (const rng of [undefined, new Rng(0), new Rng(1)]) {
    const found = points(64, rng);
    for (let d = 0; d < MOST_DIMENSIONS; d++) {
      expect(new Set(found.map((point) => Math.floor(64 * point[d]!))).size).toBe(64);
    }
    // The first two dimensions are a (0, m, 2)-net: each of 8 × 8 boxes, 4 × 16 and 16 × 4 has one point.
    for (const [a, b] of [
      [8, 8],
      [4, 16],
      [16, 4],
    ] as const) {
      expect(new Set(found.map(([x, y]) => `${Math.floor(a * x!)} ${Math.floor(b * y!)}`)).size).toBe(64);
    }
  }
});

test('a scramble moves the first point from 0, is its stream alone, and makes points uniform', () => {
  expect(points(8, new Rng(3))).toEqual(points(8, new Rng(3)));
  expect(points(8, new Rng(3))).not.toEqual(points(8, new Rng(4)));
  // The second point over many scrambles: as uniform as the first.
  for (const index of [0, 1, 5]) {
    const values = Array.from({ length: 400 }, (_, seed) => sobol(3, 8, new Rng(seed))[index]!);
    const mean = values.reduce((sum, x) => sum + x, 0) / 400;
    const square = values.reduce((sum, x) => sum + x * x, 0) / 400;
    expect(Math.abs(mean - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / 400));
    expect(Math.abs(square - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / 400));
  }
});

test.each([-1, MOST_DIMENSIONS, 0.5])('dimension %d is refused', (dimension) => {
  expect(() => sobol(dimension, 4)).toThrow(
    `sobol: dimension: got ${dimension}, expected an integer from 0 to ${MOST_DIMENSIONS - 1}`,
  );
});
