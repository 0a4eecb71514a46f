import { expect, test } from 'vitest';
import { TAKEN_EXTENT, takenDensity } from '../../../../experiments/lake/walks/takenDensity.ts';

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
