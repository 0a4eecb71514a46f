import type { Point } from '../../../envs/lake/lakeMap.ts';
import type { Walk } from './measureWalks.ts';

/** The positions of a walk but its last, where nothing is chosen any more. */
export function departures({ positions }: Pick<Walk, 'positions'>): Point[] {
  return Array.from({ length: positions.length / 2 - 1 }, (_, i) => ({
    x: positions[2 * i]!,
    y: positions[2 * i + 1]!,
  }));
}
