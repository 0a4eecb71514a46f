import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  BANANA,
  BANANA_STANDARD,
  bananaLogDensity,
  checkerboard,
  drawBanana,
  eightGaussians,
  type PlaneDensity,
  pinwheel,
  rings,
  standardized,
  twoMoons,
} from '../../common/planeDensities.ts';
import {
  affineFamily,
  Chain,
  ConditionalBijector,
  type Direction,
  Flow,
  Identity,
  Rng,
  Scale,
  StandardNormal,
  sumLogDet,
  TransformedDistribution,
  type WithLogDet,
} from '../../src/index.ts';

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
  expect(Math.abs(quadrature(eightGaussians, 200).entropy - 2.833)).toBeLessThan(0.002);
  expect(quadrature(checkerboard, 180).entropy).toBeCloseTo(Math.log(32), 6);
});

test('two moons have mean 0 and variance 1', () => {
  const rng = new Rng(0);
  const draws = Array.from({ length: 20_000 }, () => twoMoons.draw(rng));
  for (const axis of [0, 1] as const) {
    const mean = draws.reduce((sum, draw) => sum + draw[axis], 0) / draws.length;
    const variance = draws.reduce((sum, draw) => sum + (draw[axis] - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
  }
});

/** An affine coupling whose network is the right one: (z₁, z₂) → (z₁ + 4 z₂², z₂). */
class Exact extends ConditionalBijector {
  transform(input: tf.Tensor, direction: Direction): WithLogDet {
    const [entry, passed] = tf.split(input, 2, -1) as [tf.Tensor, tf.Tensor];
    const parameters = tf.concat([tf.mul(tf.square(passed), 4), tf.zerosLike(passed)], -1);
    const coupled = affineFamily.bijector(parameters, 1);
    const [value, logDet] = direction === 'forward' ? coupled.forwardAndLogDet(entry) : coupled.inverseAndLogDet(entry);
    return [tf.concat([value, passed], -1), sumLogDet(logDet, 0, 1)];
  }
}

test('one affine coupling is exactly optimal', () => {
  const bijector = new Chain([new Scale([1, 4]), new Exact(2, 0)]);
  const distribution = new TransformedDistribution({ base: new StandardNormal(2), bijector });
  const rows = drawBanana(new Rng('points'), 4096);
  const logProb = distribution.logProb(tf.tensor2d(rows, [4096, 2])).dataSync();
  let gap = 0;
  logProb.forEach((value, i) => {
    const exact = bananaLogDensity(rows[2 * i]!, rows[2 * i + 1]!);
    expect(Math.abs(value - exact)).toBeLessThan(2e-4);
    gap += (exact - value) / 4096;
  });
  expect(Math.abs(gap)).toBeLessThan(1e-6);
});

test('what is known of the data is so', () => {
  const count = 200_000;
  const rows = drawBanana(new Rng('truth'), count);
  const means = { surprise: 0, x1: 0, square1: 0, square2: 0, product: 0 };
  for (let i = 0; i < rows.length; i += 2) {
    const [x1, x2] = [rows[i]!, rows[i + 1]!];
    means.surprise -= bananaLogDensity(x1, x2) / count;
    means.x1 += x1 / count;
    means.square1 += (x1 - 4) ** 2 / count;
    means.square2 += x2 ** 2 / count;
    means.product += ((x1 - 4) * x2) / count;
  }
  expect(BANANA.entropy).toBeCloseTo(4.2242, 4);
  expect(BANANA.gaussian).toBeCloseTo(5.972, 3);
  expect(means.surprise).toBeCloseTo(BANANA.entropy, 1);
  expect(means.x1).toBeCloseTo(BANANA.mean[0], 1);
  expect(Math.abs(means.square1 - BANANA.variance[0])).toBeLessThan(1);
  expect(Math.abs(means.square2 - BANANA.variance[1])).toBeLessThan(0.3);
  expect(Math.abs(means.product)).toBeLessThan(0.5);
});

test('a flow that does nothing gives the data their mean and deviation', () => {
  const flow = standardized(new Flow({ dim: 2, bijector: new Identity() }), BANANA_STANDARD);
  const noise = [
    [0, 0],
    [1, -2],
  ];
  const wanted = noise.map((row) => row.map((z, i) => BANANA.mean[i]! + Math.sqrt(BANANA.variance[i]!) * z));
  const given = flow.bijector.forward(tf.tensor2d(noise as [number, number][])).arraySync() as number[][];
  given.forEach((row, i) => row.forEach((value, j) => expect(value).toBeCloseTo(wanted[i]![j]!, 5)));
});
