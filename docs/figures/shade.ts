import { clipped } from './clipped.ts';
import { contours, type Surface } from './contours.ts';
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
