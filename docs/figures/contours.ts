import { contours as isolines } from 'd3-contour';
import type { Point } from './plot.ts';

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
export function contours({ extent, size, values }: Surface, levels: readonly number[]): Point[][][] {
  const toWorld = ([x, y]: number[]): Point => [((2 * x!) / size - 1) * extent, ((2 * y!) / size - 1) * extent];
  return isolines()
    .size([size, size])
    .thresholds([...levels])(Array.from(values))
    .map(({ coordinates }) => coordinates.flatMap((rings) => rings.map((ring) => ring.map(toWorld))));
}
