import { portableMath } from '../../src/portableMath.ts';
import type { Rng } from '../../src/random.ts';
import type { Settings, SettingValue } from '../experiment/tuned.ts';

/**
 * Where one setting is searched: among a few values, or between two bounds, evenly or evenly in its logarithm. A rate with `schedule`
 * is its first value, and stays or falls in a straight line to 0.
 */
export type Dimension =
  | { readonly choice: readonly SettingValue[] }
  | ({ readonly schedule?: readonly ('constant' | 'linear')[] } & (
      | { readonly uniform: readonly [low: number, high: number] }
      | { readonly logUniform: readonly [low: number, high: number] }
    ));

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
  const draw = (stream: Rng) =>
    search === 'random'
      ? Array.from({ length: trials }, () => stream.uniform())
      : Array.from(stream.permutation(trials), (stratum) => (stratum + stream.uniform()) / trials);
  const columns = Object.entries(space).map(([name, part]): [string, readonly (SettingValue | Settings)[]] => {
    const stream = rng.split(name);
    if (!isDimension(part)) return [name, drawSettings(part, trials, stream, search)];
    const values = draw(stream).map((u) => at(part, u));
    if (!('schedule' in part) || part.schedule === undefined) return [name, values];
    const { schedule } = part;
    const schedules = draw(stream.split('schedule')).map((u) => schedule[Math.floor(u * schedule.length)]);
    return [name, values.map((value, i) => (schedules[i] === 'linear' ? { linear: [value as number, 0] } : value))];
  });
  return Array.from({ length: trials }, (_, i) =>
    Object.fromEntries(columns.map(([name, values]) => [name, values[i]!])),
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
