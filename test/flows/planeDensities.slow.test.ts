import { expect, test } from 'vitest';
import {
  checkerboard,
  eightGaussians,
  type PlaneDensity,
  pinwheel,
  rings,
  twoMoons,
} from '../../common/planeDensities.ts';
import { Rng } from '../../src/index.ts';

const list: [string, PlaneDensity][] = Object.entries({
  'two-moons': twoMoons,
  '8-gaussians': eightGaussians,
  checkerboard,
  rings,
  pinwheel,
});

/** Mass, and −Σ p log p, of cells of the square that a picture shows. */
function quadrature({ extent, logPdf }: PlaneDensity, cells: number): { mass: number; entropy: number } {
  const width = (2 * extent) / cells;
  let [mass, entropy] = [0, 0];
  for (let i = 0; i < cells; i++) {
    for (let j = 0; j < cells; j++) {
      const logProb = logPdf(-extent + (i + 0.5) * width, -extent + (j + 0.5) * width);
      if (logProb === Number.NEGATIVE_INFINITY) continue;
      const share = Math.exp(logProb) * width ** 2;
      mass += share;
      entropy -= share * logProb;
    }
  }
  return { mass, entropy };
}

test.each(list)('%s: the density integrates to 1', (name, density) => {
  const cells = name === 'checkerboard' ? 180 : 100;
  const { mass } = quadrature(density, cells);
  expect(mass).toBeCloseTo(1, 2);
});

test.each(list)('%s: as many draws fall into each cell as its density says', (name, { extent, logPdf, draw }) => {
  const [cells, fine, count] = [18, 6, 12_000];
  const width = (2 * extent) / cells;
  const counts = new Float64Array(cells * cells);
  const rng = new Rng(`${name}/cells`);
  for (let k = 0; k < count; k++) {
    const [i, j] = draw(rng).map((value) => Math.floor((value + extent) / width)) as [number, number];
    if (Math.min(i, j) >= 0 && Math.max(i, j) < cells) counts[i * cells + j]! += 1;
  }
  // Pearson's χ², of the cells in which some are expected.
  let [chiSquare, seen] = [0, 0];
  for (let i = 0; i < cells; i++) {
    for (let j = 0; j < cells; j++) {
      let mass = 0;
      for (let k = 0; k < fine ** 2; k++) {
        const at = (cell: number, part: number) => -extent + (cell + (part + 0.5) / fine) * width;
        mass += Math.exp(logPdf(at(i, k % fine), at(j, Math.floor(k / fine)))) * (width / fine) ** 2;
      }
      const expected = count * mass;
      if (expected < 10) continue;
      chiSquare += (counts[i * cells + j]! - expected) ** 2 / expected;
      seen += 1;
    }
  }
  expect(chiSquare).toBeLessThan(seen + 5 * Math.sqrt(2 * seen));
});

test('the floors that others have found: 2.833 for 8 Gaussians, ln 32 for the checkerboard', () => {
  expect(Math.abs(quadrature(eightGaussians, 200).entropy - 2.833)).toBeLessThan(0.002);
  expect(quadrature(checkerboard, 180).entropy).toBeCloseTo(Math.log(32), 6);
});
