import { expect, test } from 'vitest';
import { modeEntropy } from '../../../common/lake.ts';
import { TAKEN_EXTENT, takenDensity } from '../../../experiments/lake/startDensity.ts';
import { successAtK } from '../../../experiments/lake/walkJobs.ts';

test.each([
  [0, 0],
  [1, 0],
  [0.5, Math.LN2],
  [0.9, 0.3250829733914482],
  [0.1, 0.3250829733914482],
])('of an upper share of %d it is %d nats', (upperShare, entropy) => {
  expect(modeEntropy(upperShare)).toBeCloseTo(entropy, 14);
});

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

const [size, extent] = [48, 1.5];
const width = (2 * extent) / size;

/** The density N((x, y), σ²) on the grid of what jobs keep. */
function normal(x: number, y: number, sigma: number) {
  const center = (i: number) => -extent + (i + 0.5) * width;
  const density = Array.from({ length: size * size }, (_, i) => {
    const [dx, dy] = [center(i % size) - x, center(Math.floor(i / size)) - y];
    return Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma)) / (2 * Math.PI * sigma * sigma);
  });
  return { extent, size, density };
}

/** Mass where a test of the velocity says so. */
function mass(taken: ReturnType<typeof takenDensity>, where: (x: number, y: number) => boolean): number {
  const cell = (2 * TAKEN_EXTENT) / taken.size;
  const center = (i: number) => -TAKEN_EXTENT + (i + 0.5) * cell;
  return taken.density.reduce(
    (sum, value, i) =>
      where(center(i % taken.size), center(Math.floor(i / taken.size))) ? sum + value * cell * cell : sum,
    0,
  );
}
const everywhere = () => true;
const isRim = (x: number, y: number) => Math.hypot(x, y) > 1;

test('slow velocities stay where they are', () => {
  const taken = takenDensity(normal(0.3, -0.2, 0.1), []);
  expect(mass(taken, everywhere)).toBeCloseTo(1, 1);
  expect(mass(taken, isRim)).toBeLessThan(1e-6);
  expect(mass(taken, (x, y) => x > 0 && y < 0)).toBeGreaterThan(0.95);
});

test('fast ones lie in the rim, in their direction', () => {
  const taken = takenDensity(normal(0, 1.25, 0.08), []);
  expect(mass(taken, everywhere)).toBeCloseTo(1, 1);
  expect(mass(taken, isRim)).toBeGreaterThan(0.9);
  expect(mass(taken, (x, y) => y > 0.8 && Math.abs(x) < 0.3)).toBeGreaterThan(0.9);
});

test('of what lies beyond the grid the walks say the direction', () => {
  const east = { positions: [-1.5, 0, -1.35, 0] };
  const south = { positions: [-1.5, 0, -1.5, -0.15] };
  const taken = takenDensity(normal(4, 0, 0.1), [east, east, east, south]);
  expect(mass(taken, everywhere)).toBeCloseTo(1, 1);
  expect(mass(taken, (x, y) => x > Math.abs(y))).toBeCloseTo(0.75, 1);
  expect(mass(taken, (x, y) => -y > Math.abs(x))).toBeCloseTo(0.25, 1);
});
