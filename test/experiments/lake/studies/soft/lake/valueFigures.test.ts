import { expect, test } from 'vitest';
import { SoftOptimum } from '../../../../../../envs/lake/softOptimum.ts';
import { valueMap } from '../../../../../../experiments/lake/studies/soft/lake/valueFigures.ts';

test('V is the optimum’s at the middle of each cell, the same above the axis as below, and nothing in the water and at home', () => {
  const optimum = new SoftOptimum({ temperature: 0.05 });
  const { values } = valueMap(optimum, 8);
  expect(values).toHaveLength(64);
  // Cells are half a length wide: column 0 ends at x = −1.5, and row 3 ends at the axis.
  expect(values[8 * 3]).toBe(optimum.value({ x: -1.75, y: -0.25 }));
  for (let row = 0; row < 4; row++) {
    for (let column = 0; column < 8; column++) {
      const [below, above] = [values[8 * row + column], values[8 * (7 - row) + column]];
      if (below === undefined) expect(above).toBeUndefined();
      else expect(above).toBeCloseTo(below, 6);
    }
  }
  // The four cells about the origin are water; nearer to home is better.
  for (const i of [8 * 3 + 3, 8 * 3 + 4, 8 * 4 + 3, 8 * 4 + 4]) expect(values[i]).toBeUndefined();
  expect(values[8 * 3 + 6]!).toBeGreaterThan(values[8 * 3]!);
});
