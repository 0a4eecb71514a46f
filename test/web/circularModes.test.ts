import { expect, test } from 'vitest';
import { circularModes } from '../../web/lab/circularModes.ts';

const CELLS = 360;
/** Of a density over headings, at the middles of equal cells. */
const on = (density: (angle: number) => number) =>
  Array.from({ length: CELLS }, (_, i) => density(((2 * i + 1) / CELLS - 1) * Math.PI));
const bump = (angle: number, middle: number) => Math.exp(20 * (Math.cos(angle - middle) - 1));
const turn = (angle: number, from: number) => Math.abs(Math.atan2(Math.sin(angle - from), Math.cos(angle - from)));

test('peaks are found where they are, the densest first, with the mass about them', () => {
  const found = circularModes(
    on((angle) => 3 * bump(angle, 0.8) + bump(angle, -0.8)),
    { dip: 0.2 },
  );
  expect(found).toHaveLength(2);
  expect(turn(found[0]!.x[0]!, 0.8)).toBeLessThan(0.02);
  expect(turn(found[1]!.x[0]!, -0.8)).toBeLessThan(0.02);
  expect(found[0]!.share).toBeCloseTo(0.75, 2);
  expect(found[1]!.share).toBeCloseTo(0.25, 2);
});

test('a peak where the circle closes is one mode', () => {
  const found = circularModes(
    on((angle) => bump(angle, Math.PI)),
    { dip: 0.2 },
  );
  expect(found).toHaveLength(1);
  expect(found[0]!.share).toBeCloseTo(1, 10);
  expect(turn(found[0]!.x[0]!, Math.PI)).toBeLessThan(0.02);
});

test('peaks are one where less than the dip lies between them', () => {
  const rippled = on((angle) => bump(angle, 0) * Math.exp(0.1 * Math.cos(40 * angle)));
  expect(circularModes(rippled, { dip: 0.01 }).length).toBeGreaterThan(1);
  expect(circularModes(rippled, { dip: 0.5 })).toHaveLength(1);
  expect(circularModes(new Array(CELLS).fill(1 / (2 * Math.PI)), { dip: 0.2 })).toHaveLength(1);
});
