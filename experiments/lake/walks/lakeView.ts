import { lake, type Point } from '../../../envs/lake/lakeMap.ts';

/** Directions, radians. */
export interface LakeView {
  readonly middle: number;
  /** Half the angle under which the lake is seen. */
  readonly half: number;
}

/** The directions in which a straight walk meets the lake; undefined in the water, where it is all about. */
export function lakeView(from: Point): LakeView | undefined {
  const distance = Math.hypot(from.x - lake.x, from.y - lake.y);
  if (distance <= lake.radius) return undefined;
  return { middle: Math.atan2(lake.y - from.y, lake.x - from.x), half: Math.asin(lake.radius / distance) };
}
