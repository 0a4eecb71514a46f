import { Box, type BoxDtype } from '../core/spaces/box.ts';
import { Dict } from '../core/spaces/dict.ts';
import { Discrete } from '../core/spaces/discrete.ts';
import { MultiBinary } from '../core/spaces/multiBinary.ts';
import { MultiDiscrete } from '../core/spaces/multiDiscrete.ts';
import type { Space } from '../core/spaces/space.ts';
import { Text } from '../core/spaces/text.ts';
import { Tuple } from '../core/spaces/tuple.ts';

/** Bounds as they travel: one for all entries, or one for each; null for an infinite one. */
type Bounds = number | null | readonly (number | null)[];

/** A space as the server describes it; `dtype` is the type in which its values travel, those of all parts in one. */
export type SpaceDescription =
  | {
      readonly type: 'Text';
      readonly minLength: number;
      readonly maxLength: number | null;
      readonly charset: string | null;
    }
  | ({ readonly dtype: BoxDtype } & (
      | { readonly type: 'Box'; readonly shape: readonly number[]; readonly low: Bounds; readonly high: Bounds }
      | { readonly type: 'Discrete'; readonly n: number; readonly start: number }
      | { readonly type: 'MultiDiscrete'; readonly nvec: readonly number[]; readonly start: readonly number[] }
      | { readonly type: 'MultiBinary'; readonly shape: readonly number[] }
      | { readonly type: 'Dict'; readonly spaces: Readonly<Record<string, SpaceDescription>> }
      | { readonly type: 'Tuple'; readonly spaces: readonly SpaceDescription[] }
    ));

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
    case 'Dict':
      return new Dict(
        Object.fromEntries(Object.entries(described.spaces).map(([name, part]) => [name, spaceFrom(part)])),
      );
    case 'Tuple':
      return new Tuple(described.spaces.map(spaceFrom));
    case 'Text': {
      const { minLength, maxLength, charset } = described;
      return new Text(maxLength ?? Infinity, { minLength, charset });
    }
  }
}
