import type * as tf from '@tensorflow/tfjs-core';
import { contours as isolines } from 'd3-contour';
import { compile, type Module } from '../../src/index.ts';
import type { Plot, Point } from './plot.ts';

/** The shares of the mass that the shades hold, from the palest to the darkest. */
const MASSES = [0.98, 0.9, 0.75, 0.6, 0.45, 0.3, 0.15];

/** A convex polygon, its corners against the clock, and the density of each cell in it, 0 elsewhere. */
export interface Support {
  readonly window: readonly Point[];
  readonly mass: ArrayLike<number>;
}

/**
 * Shades a density: each shade is the smallest region that holds a share of the mass.
 * @param support where the density is, if it is not everywhere; the surface goes on beyond it
 */
export function shade(plot: Plot, surface: Surface, fill: string, support?: Support): void {
  for (const rings of contours(surface, levelsOf(support?.mass ?? surface.values))) {
    const shown = support === undefined ? rings : rings.map((ring) => clipped(ring, support.window));
    plot.areas(
      shown.filter((ring) => ring.length > 0),
      { fill, opacity: 0.16 },
    );
  }
}

/** The densities above which the {@link MASSES} lie. */
function levelsOf(values: ArrayLike<number>): number[] {
  const falling = Float64Array.from(values).sort().reverse();
  const total = falling.reduce((sum, value) => sum + value, 0);
  let [held, next] = [0, 0];
  return [...MASSES]
    .reverse()
    .map((share) => {
      while (next < falling.length - 1 && held + falling[next]! < share * total) held += falling[next++]!;
      return falling[next]!;
    })
    .reverse();
}

/** A function on the square [−extent, extent]²: its values at the centres of `size` × `size` cells, row by row from the lowest. */
export interface Surface {
  readonly extent: number;
  readonly size: number;
  readonly values: ArrayLike<number>;
}

/** The centres of the cells of a {@link Surface}. */
export function centresOf({ extent, size }: Omit<Surface, 'values'>): Point[] {
  const at = (cell: number) => ((2 * (cell + 0.5)) / size - 1) * extent;
  return Array.from({ length: size * size }, (_, i) => [at(i % size), at(Math.floor(i / size))]);
}

/** The outlines of where the function is at least each of the levels. */
function contours({ extent, size, values }: Surface, levels: readonly number[]): Point[][][] {
  const toWorld = ([x, y]: number[]): Point => [((2 * x!) / size - 1) * extent, ((2 * y!) / size - 1) * extent];
  return isolines()
    .size([size, size])
    .thresholds([...levels])(Array.from(values))
    .map(({ coordinates }) => coordinates.flatMap((rings) => rings.map((ring) => ring.map(toWorld))));
}

/**
 * What of a ring lies in a convex polygon, whose corners go round against the clock.
 *
 * Sutherland & Hodgman, "Reentrant polygon clipping", 1974.
 */
function clipped(ring: readonly Point[], window: readonly Point[]): Point[] {
  return window.reduce<readonly Point[]>((rest, from, i) => {
    const to = window[(i + 1) % window.length]!;
    /** Above 0 to the left of the edge. */
    const side = ([x, y]: Point) => (to[0] - from[0]) * (y - from[1]) - (to[1] - from[1]) * (x - from[0]);
    return rest.flatMap((point, j): Point[] => {
      const before = rest.at(j - 1)!;
      const [a, b] = [side(before), side(point)];
      const crossing = (): Point => {
        const share = a / (a - b);
        return [before[0] + share * (point[0] - before[0]), before[1] + share * (point[1] - before[1])];
      };
      return [...(a >= 0 !== b >= 0 ? [crossing()] : []), ...(b >= 0 ? [point] : [])];
    });
  }, ring) as Point[];
}

/** What a function of points `[count, 2]` gives for these, in plain numbers, by the engine whose bits are the same everywhere. */
export function onRows(
  points: readonly Point[],
  fn: (x: tf.Tensor) => tf.Tensor,
  state: readonly Module[] = [],
): Float32Array {
  const compiled = compile(({ x }: { x: tf.Tensor }) => ({ y: fn(x) }), { name: 'docs/figures', state });
  const { y } = compiled.onArrays({ x: { shape: [points.length, 2] } })({ x: points.flat() });
  const values = Float32Array.from(y);
  compiled.dispose();
  return values;
}

/** Numbers that lie row by row, as points. */
export function pointsOf(rows: ArrayLike<number>): Point[] {
  return Array.from({ length: rows.length / 2 }, (_, i) => [rows[2 * i]!, rows[2 * i + 1]!]);
}
