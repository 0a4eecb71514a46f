import { border, home, lake } from '../../lake/lakeMap.ts';
import type { Geom } from '../mjcf.ts';

/** What is only to be seen. */
const seen = { contype: 0, conaffinity: 0, condim: 1 } as const;

/**
 * The lake, home and their land, so many metres to a unit: flat discs on the ground, for pictures.
 */
export function lakeLand(metres: number): Geom[] {
  const disc = (name: string, { x, y, radius }: typeof lake, rgba: readonly number[]): Geom => ({
    name,
    type: 'cylinder',
    size: [radius * metres, 0.001],
    pos: [x * metres, y * metres, 0],
    rgba,
    ...seen,
  });
  return [disc('lake', lake, [0.25, 0.5, 0.8, 1]), disc('home', home, [0.9, 0.75, 0.3, 1])];
}

/** Walls along the border of the land, so many metres to a unit: planes that look inwards. */
export function lakeWalls(metres: number): Geom[] {
  const far = border * metres;
  const half = Math.SQRT1_2;
  return [
    { name: 'west', pos: [-far, 0, 0], quat: [half, 0, half, 0] },
    { name: 'east', pos: [far, 0, 0], quat: [half, 0, -half, 0] },
    { name: 'south', pos: [0, -far, 0], quat: [half, -half, 0, 0] },
    { name: 'north', pos: [0, far, 0], quat: [half, half, 0, 0] },
  ].map((wall) => ({ type: 'plane', size: [far, far, 1], conaffinity: 1, ...wall }) as const);
}
