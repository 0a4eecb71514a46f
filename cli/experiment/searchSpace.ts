import { portableMath } from '../../src/portableMath.ts';
import type { Rng } from '../../src/random.ts';
import { sobol } from './sobol.ts';

/** A rate that changes in a straight line over a training. */
export interface LinearRate {
  readonly linear: readonly [first: number, last: number];
}

/** A value of a setting. */
export type SettingValue = string | number | boolean | null | readonly number[] | LinearRate;

/** How a rate goes over a training: it stays, or falls in a straight line to 0. */
export type RateSchedule = 'constant' | 'linear';

/**
 * Where one setting is searched: among a few values, or between two bounds, evenly or evenly in its logarithm. A rate with `schedule`
 * is its first value, and goes on as one of these.
 */
export type Dimension =
  | { readonly choice: readonly SettingValue[] }
  | { readonly uniform: readonly [low: number, high: number]; readonly schedule?: readonly RateSchedule[] }
  | { readonly logUniform: readonly [low: number, high: number]; readonly schedule?: readonly RateSchedule[] };

/** The settings that are searched, by name, in groups if need be: plain JSON. */
export interface SearchSpace {
  readonly [name: string]: Dimension | SearchSpace;
}

/** A value for every dimension of a {@link SearchSpace}. */
export interface Settings {
  readonly [name: string]: SettingValue | Settings;
}

/** How settings are drawn. */
export const SEARCHES = ['latin-hypercube', 'sobol', 'random'] as const;
export type SearchName = (typeof SEARCHES)[number];

/**
 * `trials` settings, as they are drawn by Latin hypercube sampling, as the points of a scrambled {@link sobol} sequence, or each by itself.
 *
 * @throws if the space has more dimensions than the sequence
 */
export function drawSettings(space: SearchSpace, trials: number, rng: Rng, search: SearchName): Settings[] {
  if (search === 'latin-hypercube') return latinHypercube(space, trials, rng);
  let dimension = 0;
  return settingsAt(space, trials, rng, (stream) =>
    search === 'sobol'
      ? sobol(dimension++, trials, stream)
      : Float64Array.from({ length: trials }, () => stream.uniform()),
  );
}

/**
 * `trials` settings by Latin hypercube sampling: each dimension is cut into `trials` parts of equal probability, and each part
 * is drawn from once, in an order of its own. Dimensions have streams by their names, so that spaces that share a dimension
 * try the same values of it.
 *
 * McKay, Beckman & Conover, "A comparison of three methods for selecting values of input variables", 1979.
 */
export function latinHypercube(space: SearchSpace, trials: number, rng: Rng): Settings[] {
  return settingsAt(space, trials, rng, (stream) =>
    Float64Array.from(stream.permutation(trials), (stratum) => (stratum + stream.uniform()) / trials),
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

/** Whether a part of {@link Settings} is a group of them. */
export function isGroup(value: SettingValue | Settings): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isLinearRate(value);
}

function isLinearRate(value: object): boolean {
  return 'linear' in value && Array.isArray(value.linear);
}

/** How many numbers it takes to draw settings: the dimensions of a space, and the schedules of those that have some. */
export function countDimensions(space: SearchSpace): number {
  return Object.values(space).reduce((sum, part) => {
    if (!isDimension(part)) return sum + countDimensions(part);
    return sum + ('schedule' in part && part.schedule !== undefined ? 2 : 1);
  }, 0);
}

/** The value at `u`, in [0, 1), of a dimension's cumulative probability; numbers with three digits, but none beyond the bounds. */
function at(dimension: Dimension, u: number): SettingValue {
  if ('choice' in dimension) return dimension.choice[Math.floor(u * dimension.choice.length)]!;
  if ('uniform' in dimension) {
    const [low, high] = dimension.uniform;
    return rounded(low + u * (high - low), dimension.uniform);
  }
  const [low, high] = dimension.logUniform;
  return rounded(low * portableMath.exp(u * portableMath.log(high / low)), dimension.logUniform);
}

function rounded(value: number, [low, high]: readonly [low: number, high: number]): number {
  return Math.min(high, Math.max(low, Number(value.toPrecision(3))));
}
