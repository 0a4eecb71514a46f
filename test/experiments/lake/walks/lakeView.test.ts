import { expect, test } from 'vitest';
import { walk } from '../../../../envs/lake/lakeMap.ts';
import { lakeView } from '../../../../experiments/lake/walks/lakeView.ts';

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
