import { expect, it } from 'vitest';
import { Raster } from '../../../envs/drawing/raster.ts';
import { Rng } from '../../../src/index.ts';

type Point = readonly [x: number, y: number];

const WIDTH = 12;
const HEIGHT = 9;
/** Red and green tell how much of a pixel has the first and the second colour. */
const palette = Uint8Array.of(0, 0, 7, 240, 0, 7, 0, 240, 7);

/** Whether a box around a point meets a convex polygon: no side of either separates them. */
function meets([x, y]: Point, [w, h]: Point, polygon: readonly Point[]): boolean {
  const box: Point[] = [[x - w, y - h], [x + w, y - h], [x + w, y + h], [x - w, y + h]]; // biome-ignore format: four corners
  const sides = polygon.map(([px, py], i): Point => {
    const [qx, qy] = polygon[(i + 1) % polygon.length]!;
    return [py - qy, qx - px];
  });
  return [[1, 0] as const, [0, 1] as const, ...sides].every(([nx, ny]) => {
    const along = (points: readonly Point[]) => points.map(([px, py]) => nx * px + ny * py);
    const [a, b] = [along(box), along(polygon)];
    return Math.min(...a) <= Math.max(...b) && Math.min(...b) <= Math.max(...a);
  });
}

/** The picture of one polygon over another, sample by sample. */
function oracle(polygons: readonly (readonly Point[])[], margin: Point): number[] {
  const pixels: number[] = [];
  for (let row = 0; row < HEIGHT; row++) {
    for (let column = 0; column < WIDTH; column++) {
      const counts = [0, 0, 0];
      for (let i = 0; i < 16; i++) {
        const at: Point = [column + ((i % 4) + 0.5) / 4, row + (Math.floor(i / 4) + 0.5) / 4];
        counts[polygons.findLastIndex((polygon) => meets(at, margin, polygon)) + 1]!++;
      }
      pixels.push((240 * counts[1]!) / 16, (240 * counts[2]!) / 16, 7);
    }
  }
  return pixels;
}

/** A triangle, or a rectangle that is turned: in the picture, across its borders, or outside. */
function shape(rng: Rng): Point[] {
  const [x, y, size] = [rng.uniform(-3, WIDTH + 3), rng.uniform(-3, HEIGHT + 3), rng.uniform(0.1, 7)];
  const [turn, count, flat] = [rng.uniform(0, 6.3), rng.integer(3, 6), rng.uniform(0.05, 1)];
  return Array.from({ length: count }, (_, i): Point => {
    const angle = (2 * Math.PI * i) / count;
    const [dx, dy] = [size * Math.cos(angle), flat * size * Math.sin(angle)];
    return [x + dx * Math.cos(turn) - dy * Math.sin(turn), y + dx * Math.sin(turn) + dy * Math.cos(turn)];
  });
}

it.each([[[0, 0]], [[0.3, 0.1]], [[0.05, 0.06]]] as [Point][])('fills what is within a margin of %j', (margin) => {
  const raster = new Raster(WIDTH, HEIGHT, margin);
  const rng = new Rng(3);
  for (let i = 0; i < 60; i++) {
    const polygons = [shape(rng), shape(rng)];
    raster.clear(0);
    raster.place(1, 0, 0, 0, 1, 0);
    for (const [colour, polygon] of polygons.entries()) {
      // Either way round.
      const corners = i % 2 === 0 ? polygon : polygon.toReversed();
      raster.polygon(corners.flat(), colour + 1);
    }
    expect([...raster.picture(palette)], `picture ${i}`).toEqual(oracle(polygons, margin));
  }
});

it('draws where it is placed', () => {
  const raster = new Raster(WIDTH, HEIGHT);
  raster.clear(0);
  // A quarter turn, twice as large: (x, y) is at (8 − 2y, 1 + 2x).
  raster.place(0, -2, 8, 2, 0, 1);
  raster.polygon([0, 0, 3, 0, 3, 2, 0, 2], 1);
  const expected: Point[] = [[4, 1], [8, 1], [8, 7], [4, 7]]; // biome-ignore format: four corners
  expect([...raster.picture(palette)]).toEqual(oracle([expected], [0, 0]));
});

it('draws nothing of what has no size or no place', () => {
  const raster = new Raster(WIDTH, HEIGHT);
  raster.clear(0);
  raster.place(1, 0, 0, 0, 1, 0);
  for (const corners of [[1, 1, 5, 1, 9, 1], [2, 2, 2, 2, 2, 2], [Number.NaN, 1, 3, 4, 5, 6], [-9, -9, -1, -9, -1, -1]]) raster.polygon(corners, 1); // biome-ignore format: rows
  expect(new Set(raster.picture(palette))).toEqual(new Set([0, 7]));
});
