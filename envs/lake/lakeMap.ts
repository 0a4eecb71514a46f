import { type Disc, interpolate, type Point, touchDisc, touchHalfLine } from './geometry.ts';

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
