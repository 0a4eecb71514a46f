import { border, home, lake } from '../../../../envs/lake/lakeMap.ts';
import type { SoftOptimum } from '../../headings/truth/softOptimum.ts';

/** V of the soft optimum on a square grid over the land. */
export interface ValueMap {
  readonly size: number;
  /** Row by row from the lowest; undefined in the water and at home, where nothing is chosen. */
  readonly values: readonly (number | undefined)[];
}

/** V at the middles of `size` × `size` cells. */
export function valueMap(optimum: SoftOptimum, size: number): ValueMap {
  const middle = (i: number) => ((2 * i + 1) / size - 1) * border;
  const values = Array.from({ length: size * size }, (_, i) => {
    const [x, y] = [middle(i % size), middle(Math.floor(i / size))];
    const inside = [lake, home].some((disc) => Math.hypot(x - disc.x, y - disc.y) <= disc.radius);
    return inside ? undefined : optimum.value({ x, y });
  });
  return { size, values };
}
