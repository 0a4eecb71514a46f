import { portableMath } from '../../src/portableMath.ts';

/** A way round the lake: above it (clockwise about it, on the way home) or below it. */
export type Bank = 'upper' | 'lower';

/** The water. */
export const lake: Disc = { x: 0, y: 0, radius: 0.7 };
/** The goal. */
export const home: Disc = { x: 1.5, y: 0, radius: 0.25 };
/** Where walks begin. */
export const start: Point = { x: -1.5, y: 0 };
/** Positions are in [−border, border]². */
export const border = 2;

/** What comes of a straight walk. */
export interface Walk {
  /** Where the walk ends: the first touch of water or home, else its target. */
  readonly position: Point;
  readonly outcome: 'home' | 'drowned' | undefined;
}

function clipToBorder(coordinate: number): number {
  return Math.min(Math.max(coordinate, -border), border);
}

/**
 * The straight walk from `from` by (dx, dy), its target clipped to the border: it drowns where it touches the lake and is
 * home where it touches home first. A blocked bank is flooded: the half-line x = 0 from the
 * shore to the border is water too, and touching it is to drown.
 *
 * The whole law of motion of the lake, without noise or memory: a planner may call it for any position.
 */
export function walk(from: Point, dx: number, dy: number, blocked?: Bank): Walk {
  const target = { x: clipToBorder(from.x + dx), y: clipToBorder(from.y + dy) };
  let water = touchDisc(from, target, lake);
  if (blocked !== undefined) {
    water = Math.min(water, touchHalfLine(from, target, blocked === 'upper' ? 1 : -1, lake.radius));
  }
  const arrival = touchDisc(from, target, home);
  if (arrival < water) return { position: interpolate(from, target, arrival), outcome: 'home' };
  if (water <= 1) return { position: interpolate(from, target, water), outcome: 'drowned' };
  return { position: target, outcome: undefined };
}

/** The bank that a path uses: the sign of its winding angle about the lake; undefined for 0. */
export function bankOf(windingAngle: number): Bank | undefined {
  if (windingAngle === 0) return undefined;
  return windingAngle < 0 ? 'upper' : 'lower';
}

/** A place on the map, in the lake's units. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A disc of the map about its centre: the lake, or home. */
export interface Disc extends Point {
  readonly radius: number;
}

/**
 * Where the straight line from `from` to `to` first touches the closed disc: the least t ∈ [0, 1] with
 * |from + t (to − from) − centre| ≤ radius, or ∞ when there is none.
 */
export function touchDisc(from: Point, to: Point, disc: Disc): number {
  const px = from.x - disc.x;
  const py = from.y - disc.y;
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const outside = px * px + py * py - disc.radius * disc.radius;
  if (outside <= 0) return 0;
  const towards = -(px * dx + py * dy);
  if (towards <= 0) return Infinity;
  // |d|² r² − (p × d)², the discriminant without the cancellation of (p · d)² − |d|² (|p|² − r²).
  const cross = px * dy - py * dx;
  const discriminant = (dx * dx + dy * dy) * disc.radius * disc.radius - cross * cross;
  if (discriminant < 0) return Infinity;
  // The smaller root, rationalized: no difference of two near numbers.
  const t = outside / (towards + Math.sqrt(discriminant));
  return t <= 1 ? t : Infinity;
}

/**
 * Where the straight line from `from` to `to` first touches the half-line x = 0, side · y ≥ distance: t ∈ [0, 1], or ∞.
 *
 * @param side 1 for the half-line upwards, −1 for the one downwards.
 */
export function touchHalfLine(from: Point, to: Point, side: 1 | -1, distance: number): number {
  const start = side * from.y;
  const rise = side * to.y - start;
  if (from.x === 0) {
    if (start >= distance) return 0;
    return to.x === 0 && start + rise >= distance ? (distance - start) / rise : Infinity;
  }
  if (from.x * to.x > 0) return Infinity;
  const t = from.x / (from.x - to.x);
  return start + t * rise >= distance ? t : Infinity;
}

/** The signed angle, in radians, counter-clockwise positive, by which `to` is turned about the origin from `from`: in (−π, π]. */
export function turnAboutOrigin(from: Point, to: Point): number {
  return portableMath.atan2(from.x * to.y - from.y * to.x, from.x * to.x + from.y * to.y);
}

/** The point a fraction `t` of the way from `from` to `to`. */
export function interpolate(from: Point, to: Point, t: number): Point {
  return { x: from.x + t * (to.x - from.x), y: from.y + t * (to.y - from.y) };
}
