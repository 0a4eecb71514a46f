import { expect, test } from 'vitest';
import { cellAt, flowAt } from '../../web/lab/flowCanvas.ts';
import { CELLS, POINTS } from '../../web/lab/flowSetting.ts';

const extent = 2;
const width = (2 * extent) / CELLS;
/** A density, and no points but one at the spot. */
function known(density: (x: number, y: number) => number, points: number) {
  const middle = (cell: number) => -extent + (cell + 0.5) * width;
  const cells = Float32Array.from({ length: CELLS ** 2 }, (_, i) =>
    density(middle(i % CELLS), middle(Math.floor(i / CELLS))),
  );
  const drawn = new Float32Array(2 * POINTS + 2).fill(extent);
  for (let i = 0; i < points; i++) drawn.set([0.5, -1], 2 * i);
  return {
    data: { points: drawn, density: cells, extents: [4, extent], entropy: null },
    state: { stages: [drawn, drawn], density: cells },
  };
}

test('a place is at the middle of its cell, and stays within what is seen', () => {
  const { x, y } = cellAt(0.501, -0.999, extent);
  expect(Math.abs(x - 0.501)).toBeLessThanOrEqual(width / 2);
  expect(Math.abs(y + 0.999)).toBeLessThanOrEqual(width / 2);
  expect(cellAt(99, -99, extent)).toEqual({ x: extent - width / 2, y: -(extent - width / 2) });
});

test('the density is that of the cell, which is counted from the lowest y', () => {
  const { data, state } = known((x, y) => 10 + x + 3 * y, 0);
  const at = cellAt(0.5, -1, extent);
  const found = flowAt({ ...at, radius: 0.2 }, data, state);
  expect(found.flow.density).toBeCloseTo(10 + at.x + 3 * at.y, 5);
  expect(found.data.density).toBe(found.flow.density);
});

test('points are counted within the circle, and the density says how many to expect', () => {
  const { data, state } = known(() => 1 / (2 * extent) ** 2, 37);
  const found = flowAt({ ...cellAt(0.5, -1, extent), radius: 0.4 }, data, state);
  expect(found.flow.points).toBe(37);
  expect(found.data.points).toBe(37);
  // A uniform density: the share of the area, up to the cells that the circle cuts.
  expect(found.flow.expected).toBeCloseTo((POINTS * Math.PI * 0.4 ** 2) / (2 * extent) ** 2, 0);
});
