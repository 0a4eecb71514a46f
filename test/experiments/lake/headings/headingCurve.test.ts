import { expect, test } from 'vitest';
import { headingCurve } from '../../../../experiments/lake/headings/headingCurve.ts';

test('a closed curve, whose area is half of the mass', () => {
  const cells = 720;
  const density = Array.from({ length: cells }, (_, i) => {
    const angle = ((i + 0.5) / cells) * 2 * Math.PI - Math.PI;
    return (1 + 0.8 * Math.cos(angle - 1)) / (2 * Math.PI);
  });
  const curve = headingCurve(density);
  expect(curve).toHaveLength(cells + 1);
  expect(curve[cells]!.x).toBeCloseTo(curve[0]!.x, 12);
  expect(curve[cells]!.y).toBeCloseTo(curve[0]!.y, 12);
  const area = curve.slice(1).reduce((sum, { x, y }, i) => sum + (curve[i]!.x * y - x * curve[i]!.y) / 2, 0);
  expect(area).toBeCloseTo(0.5, 4);
});

test('a point lies in the direction of its cell: the first one is just above −π', () => {
  const [first, second, third, fourth] = headingCurve([4, 1, 9, 16]);
  const direction = (point: { x: number; y: number }) => [Math.atan2(point.y, point.x), Math.hypot(point.x, point.y)];
  const quarter = Math.PI / 4;
  [first, second, third, fourth].forEach((point, i) => {
    const [angle, radius] = direction(point!);
    expect(angle).toBeCloseTo(-Math.PI + (2 * i + 1) * quarter, 12);
    expect(radius).toBeCloseTo([2, 1, 3, 4][i]!, 12);
  });
});
