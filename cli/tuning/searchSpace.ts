import { portableMath } from '../../src/portableMath.ts';
import type { Rng } from '../../src/random.ts';
import type { Settings, SettingValue } from '../experiment/tuned.ts';

/**
 * Where one setting is searched: among a few values, or between two bounds, evenly or evenly in its logarithm. A rate with `schedule`
 * is its first value, and stays or falls in a straight line to 0.
 */
export type Dimension =
  | { readonly choice: readonly SettingValue[] }
  | { readonly uniform: readonly [low: number, high: number]; readonly schedule?: readonly ('constant' | 'linear')[] }
  | {
      readonly logUniform: readonly [low: number, high: number];
      readonly schedule?: readonly ('constant' | 'linear')[];
    };

/** The settings that are searched, by name, in groups if need be: plain JSON. */
export interface SearchSpace {
  readonly [name: string]: Dimension | SearchSpace;
}

/** How settings are drawn. */
export const SEARCHES = ['latin-hypercube', 'random'] as const;

/**
 * `trials` settings, each drawn by itself or by Latin hypercube sampling: each dimension is cut into `trials` parts of equal
 * probability, and each part is drawn from once, in an order of its own. Dimensions have streams by their names, so that spaces that
 * share a dimension try the same values of it.
 *
 * McKay, Beckman & Conover, "A comparison of three methods for selecting values of input variables", 1979.
 */
export function drawSettings(
  space: SearchSpace,
  trials: number,
  rng: Rng,
  search: (typeof SEARCHES)[number],
): Settings[] {
  return settingsAt(space, trials, rng, (stream) =>
    search === 'random'
      ? Float64Array.from({ length: trials }, () => stream.uniform())
      : Float64Array.from(stream.permutation(trials), (stratum) => (stratum + stream.uniform()) / trials),
  );
}

/** @param draw the cumulative probabilities of the trials in a dimension, from its stream */
function settingsAt(
  space: SearchSpace,
  trials: number,
  rng: Rng,
  draw: (stream: Rng) => ArrayLike<number>,
): Settings[] {
  const columns = Object.entries(space).map(([name, part]): [string, readonly (SettingValue | Settings)[]] => {
    const stream = rng.split(name);
    return [name, isDimension(part) ? columnAt(part, stream, draw) : settingsAt(part, trials, stream, draw)];
  });
  return Array.from({ length: trials }, (_, i) =>
    Object.fromEntries(columns.map(([name, values]) => [name, values[i]!])),
  );
}

function columnAt(dimension: Dimension, stream: Rng, draw: (stream: Rng) => ArrayLike<number>): SettingValue[] {
  const values = Array.from(draw(stream), (u) => at(dimension, u));
  if (!('schedule' in dimension) || dimension.schedule === undefined) return values;
  const { schedule } = dimension;
  const schedules = draw(stream.split('schedule'));
  return values.map((value, i) =>
    schedule[Math.floor(schedules[i]! * schedule.length)] === 'linear' ? { linear: [value as number, 0] } : value,
  );
}

export function isDimension(part: Dimension | SearchSpace): part is Dimension {
  return ['choice', 'uniform', 'logUniform'].some((kind) => Array.isArray(part[kind as keyof typeof part]));
}

/** Whether a space has a setting to search. */
export function hasDimension(space: SearchSpace): boolean {
  return Object.values(space).some((part) => isDimension(part) || hasDimension(part));
}

/** The value at `u`, in [0, 1), of a dimension's cumulative probability; numbers with three digits, but none beyond the bounds. */
function at(dimension: Dimension, u: number): SettingValue {
  if ('choice' in dimension) return dimension.choice[Math.floor(u * dimension.choice.length)]!;
  const [low, high] = 'uniform' in dimension ? dimension.uniform : dimension.logUniform;
  const value =
    'uniform' in dimension ? low + u * (high - low) : low * portableMath.exp(u * portableMath.log(high / low));
  return Math.min(high, Math.max(low, Number(value.toPrecision(3))));
}
