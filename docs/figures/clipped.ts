import type { Point } from './plot.ts';

/**
 * What of a ring lies in a convex polygon, whose corners go round against the clock.
 *
 * Sutherland & Hodgman, "Reentrant polygon clipping", 1974.
 */
export function clipped(ring: readonly Point[], window: readonly Point[]): Point[] {
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
