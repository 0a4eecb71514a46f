import { expect, test } from 'vitest';
import { lakeMap } from '../../../../../../envs/index.ts';
import {
  placesAcrossAxis,
  placesAlongAxis,
} from '../../../../../../experiments/lake/studies/soft/lake/placesAtStart.ts';

const { start, lake, border } = lakeMap;

test('places lead from the start to before the shore, and across the axis as far up as down, all on land', () => {
  expect(placesAlongAxis[0]).toEqual(start);
  const { x, y } = placesAlongAxis.at(-1)!;
  expect(y).toBe(0);
  expect(x).toBeCloseTo(-0.75, 12);
  expect(placesAcrossAxis).toHaveLength(21);
  placesAcrossAxis.forEach((place, i) => {
    expect(place.x).toBe(start.x);
    expect(place.y + placesAcrossAxis.at(-1 - i)!.y).toBeCloseTo(0, 12);
  });
  for (const { x, y } of [...placesAlongAxis, ...placesAcrossAxis]) {
    expect(Math.hypot(x, y)).toBeGreaterThan(lake.radius);
    expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThanOrEqual(border);
  }
});
