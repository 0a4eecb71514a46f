import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { main } from '../../cli/commands/main.ts';
import type { SummaryRow } from '../../cli/index.ts';
import { families, targets } from '../../experiments/densities/config.ts';
import { registry } from '../../experiments/registry.ts';
import type { PlaneDensity } from '../../src/flows/planeDensities.ts';
import { builtinFlows, Rng } from '../../src/index.ts';
import { jobsHere } from '../cli/fixture/jobsHere.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-densities-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const list: [string, PlaneDensity][] = Object.entries(targets);

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

test.each(list)('%s: the density integrates to 1, and its draws have its entropy', (name, density) => {
  const cells = name === 'checkerboard' ? 180 : 100;
  const { mass, entropy } = quadrature(density, cells);
  expect(mass).toBeCloseTo(1, 2);
  const rng = new Rng(name);
  const surprises = Array.from({ length: 4000 }, () => -density.logPdf(...density.draw(rng)));
  const mean = surprises.reduce((sum, value) => sum + value, 0) / surprises.length;
  const variance = surprises.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (surprises.length - 1);
  expect(Math.abs(mean - entropy)).toBeLessThan(4 * Math.sqrt(variance / surprises.length) + 0.002);
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
  expect(Math.abs(quadrature(targets['8-gaussians'], 200).entropy - 2.833)).toBeLessThan(0.002);
  expect(quadrature(targets.checkerboard, 180).entropy).toBeCloseTo(Math.log(32), 6);
});

test('two moons have mean 0 and variance 1', () => {
  const rng = new Rng(0);
  const draws = Array.from({ length: 20_000 }, () => targets['two-moons'].draw(rng));
  for (const axis of [0, 1] as const) {
    const mean = draws.reduce((sum, draw) => sum + draw[axis], 0) / draws.length;
    const variance = draws.reduce((sum, draw) => sum + (draw[axis] - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
  }
});

test('every family over the plane takes part', () => {
  const angles = Object.entries(builtinFlows).filter(([, definition]) => 'angles' in definition);
  expect(Object.keys(families)).toEqual(
    Object.keys(builtinFlows).filter((name) => !angles.some(([of]) => of === name)),
  );
});

test('oxbow run densities: what a fit is above the floor, and pictures', async () => {
  jobsHere();
  const out = join(folder, 'run');
  const small = ['steps=200', 'learningRate=1e-2', 'heldOut=1500', 'batchSize=128', 'hidden=[16]', 'bins=6'];
  const argv = [
    'run',
    'densities',
    ...['--workers', '1'],
    '--out',
    out,
    '--seeds',
    '1',
    '--policies',
    'realnvp,spline',
    '--env',
    'two-moons,8-gaussians',
  ];
  expect(await main([...argv, ...small.flatMap((setting) => ['--set', setting])], registry)).toBe(0);
  const { results } = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as { results: SummaryRow[] };
  const of = (env: string, policy: string, metric: string) =>
    results.find(
      (row) => row.study === 'densities' && row.env === env && row.policy === policy && row.metric === metric,
    )!.iqm!;
  for (const env of ['two-moons', '8-gaussians']) {
    for (const policy of ['realnvp', 'spline']) {
      const above = of(env, policy, 'nllAboveFloor');
      expect(above).toBeGreaterThan(0);
      // A normal of the same variances is 1.70 nats above two moons' floor, and 1.42 above that of 8 Gaussians.
      expect(above).toBeLessThan(1.4);
      expect(of(env, policy, 'nll')).toBeGreaterThan(above);
    }
  }
  const report = readFileSync(join(out, 'report.html'), 'utf8');
  expect(report).toContain('nats above');
  expect(report.match(/#ink/g)!.length).toBeGreaterThanOrEqual(6);
});
