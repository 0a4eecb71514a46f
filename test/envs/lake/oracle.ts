import type { Disc, Point } from '../../../envs/lake/lakeMap.ts';

/** The point a fraction t of the way. */
export function at(from: Point, to: Point, t: number): Point {
  return { x: (1 - t) * from.x + t * to.x, y: (1 - t) * from.y + t * to.y };
}

export function distanceTo(point: Point, centre: Point): number {
  return Math.hypot(point.x - centre.x, point.y - centre.y);
}

/** Where on the segment the (convex) distance to `centre` is least: by ternary search. */
export function nearest(from: Point, to: Point, centre: Point): number {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 200; i++) {
    const third = (high - low) / 3;
    if (distanceTo(at(from, to, low + third), centre) < distanceTo(at(from, to, high - third), centre)) high -= third;
    else low += third;
  }
  return (low + high) / 2;
}

/** First touch of the disc by bisection on the way to the nearest point; ∞ where even that is outside. */
export function touchDiscBySearch(from: Point, to: Point, disc: Disc): number {
  if (distanceTo(from, disc) <= disc.radius) return 0;
  let high = nearest(from, to, disc);
  if (distanceTo(at(from, to, high), disc) > disc.radius) return Infinity;
  let low = 0;
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (distanceTo(at(from, to, middle), disc) <= disc.radius) high = middle;
    else low = middle;
  }
  return high;
}

/** What the first of many points on the segment that is in water or at home says, and which point that is. */
export function walkByPoints(
  from: Point,
  to: Point,
  isWater: (point: Point) => boolean,
  isHome: (point: Point) => boolean,
  points: number,
): { outcome: 'home' | 'drowned' | undefined; position: Point } {
  for (let i = 0; i <= points; i++) {
    const position = at(from, to, i / points);
    if (isWater(position)) return { outcome: 'drowned', position };
    if (isHome(position)) return { outcome: 'home', position };
  }
  return { outcome: undefined, position: to };
}
