import { expect, test } from 'vitest';
import { walk } from '../../../envs/lake/lakeMap.ts';
import { headingCurve, lakeView } from '../../../envs/lake/lakeView.ts';

test.each([
  { x: -1.5, y: 0 },
  { x: -0.9, y: 1.1 },
  { x: 0.4, y: -1.6 },
])('from ($x, $y) straight walks within the view drown, and those beside it do not', (from) => {
  const { middle, half } = lakeView(from)!;
  const drowns = (angle: number) => walk(from, 3 * Math.cos(angle), 3 * Math.sin(angle)).outcome === 'drowned';
  for (const inside of [0, 0.5, -0.5, 0.99, -0.99]) expect(drowns(middle + inside * half)).toBe(true);
  for (const outside of [1.01, -1.01, 1.5, -1.5]) expect(drowns(middle + outside * half)).toBe(false);
});

test('in the water the lake is all about', () => {
  expect(lakeView({ x: 0.3, y: -0.2 })).toBeUndefined();
});

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
