import { Box, type BoxDtype } from '../core/spaces/box.ts';
import { Discrete } from '../core/spaces/discrete.ts';
import { MultiBinary } from '../core/spaces/multiBinary.ts';
import { MultiDiscrete } from '../core/spaces/multiDiscrete.ts';
import type { Space } from '../core/spaces/space.ts';

/** Bounds as they travel: one for all entries, or one for each; null for an infinite one. */
type Bounds = number | null | readonly (number | null)[];

/** A space as the server describes it; `dtype` is the type in which its values travel. */
export type SpaceDescription = { readonly dtype: BoxDtype } & (
  | { readonly type: 'Box'; readonly shape: readonly number[]; readonly low: Bounds; readonly high: Bounds }
  | { readonly type: 'Discrete'; readonly n: number; readonly start: number }
  | { readonly type: 'MultiDiscrete'; readonly nvec: readonly number[]; readonly start: readonly number[] }
  | { readonly type: 'MultiBinary'; readonly shape: readonly number[] }
);

function bounds(given: Bounds, infinite: number): number | number[] {
  return typeof given === 'object' && given !== null ? given.map((bound) => bound ?? infinite) : (given ?? infinite);
}

/** The space that a description is of. */
export function spaceFrom(described: SpaceDescription): Space {
  switch (described.type) {
    case 'Box': {
      const { low, high, shape, dtype } = described;
      return new Box({ low: bounds(low, -Infinity), high: bounds(high, Infinity), shape, dtype });
    }
    case 'Discrete':
      return new Discrete(described.n, described.start);
    case 'MultiDiscrete':
      return new MultiDiscrete(described.nvec, described.start);
    case 'MultiBinary':
      return new MultiBinary(described.shape);
  }
}
