import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { portableMath } from '../../src/portableMath.ts';
import type { Rng } from '../../src/random.ts';
import { mapValues } from './collections.ts';

/** A rate that changes in a straight line over a training. */
interface LinearRate {
  readonly linear: readonly [first: number, last: number];
}

/** A value of a setting. */
export type SettingValue = string | number | boolean | null | readonly number[] | LinearRate;

/** How a rate goes over a training: it stays, or falls in a straight line to 0. */
type RateSchedule = 'constant' | 'linear';

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

/** What is judged: a metric of a job. */
export interface Judged {
  readonly metric: string;
  /** As the tables name it, with its unit. */
  readonly label: string;
  /** A difference in the metric that matters: the report counts the trials that come as near to the best one. */
  readonly near: number;
}

/** By which metric of a job its settings are judged. */
export interface Objective extends Judged {
  readonly goal: 'minimize' | 'maximize';
  /** What a trial's score is of those of its seeds: their mean, or the worst of them, so that what fails now and then does not win. */
  readonly over: 'mean' | 'worst';
  /**
   * What judges a policy whose jobs have this metric: one whose loss is no likelihood, say. Trials are ranked within a policy, so that it decides as
   * well; with the scores of other policies it does not compare.
   */
  readonly otherwise?: Judged;
}

/** What judged a trial. */
export function judgedBy(objective: Objective, { by }: { readonly by?: string | undefined }): Judged {
  const { otherwise } = objective;
  return otherwise !== undefined && by === otherwise.metric ? otherwise : objective;
}

/**
 * What an experiment says of its settings' search. Its schema has the field `tuned` by `tunedSchema`, and its jobs use the
 * settings that they find there.
 */
export interface Tuning {
  /** By study: only these are tuned. */
  readonly objectives: Readonly<Record<string, Objective>>;
  readonly spaces: SearchSpaces;
  /**
   * By study: under which of its conditions settings are searched for; the others take what was found there. By default, under none. Under
   * several, a trial is done under each of them, and its score is over all of them.
   */
  readonly conditions?: Readonly<Record<string, string | readonly string[]>>;
}

/** The conditions under which the settings of a study are searched for; undefined stands for none. */
export function searchedConditions(
  { conditions }: Pick<Tuning, 'conditions'>,
  study: string,
): readonly (string | undefined)[] {
  const own = conditions?.[study];
  return typeof own === 'object' ? own : [own];
}

/** Search spaces by study and policy. */
export type SearchSpaces = Readonly<Record<string, Readonly<Record<string, SearchSpace>>>>;

/** The settings in use, by study, environment and policy. */
export type Tuned = Record<string, Record<string, Record<string, Settings>>>;

/**
 * The field `tuned` of an experiment's schema: for each study, environment and policy the settings that its search space has,
 * each with the value in `best` as its default.
 * @throws if `best` lacks an entry or has one that the search space does not know
 */
export function tunedSchema(spaces: SearchSpaces, best: Tuned): z.ZodType<Tuned> {
  const studies = Object.entries(best).map(([study, environments]) => {
    const byEnvironment = mapValues(environments, (policies) =>
      z
        .strictObject(mapValues(spaces[study]!, (space, policy) => settingsSchema(space, policies[policy])))
        .prefault({}),
    );
    return [study, z.strictObject(byEnvironment).prefault({})];
  });
  // Lists show it as one, since it is found rather than chosen.
  const schema = z.strictObject(Object.fromEntries(studies)).meta({ whole: true }).prefault({});
  schema.parse(best);
  return schema as unknown as z.ZodType<Tuned>;
}

/** A setting without a best value has no default: the check of `best` finds it. */
function settingsSchema(space: SearchSpace, best: Settings = {}): z.ZodType {
  const fields = mapValues(space, (part, name) => {
    if (!isDimension(part)) return settingsSchema(part, best[name] as Settings);
    const value = valueSchema(part);
    return name in best ? value.default(best[name] as SettingValue) : value;
  });
  return z.strictObject(fields).prefault({});
}

/** What a setting may be: one of the searched values, or a number like the searched ones, also beyond their range. */
function valueSchema(dimension: Dimension): z.ZodType {
  if (!('choice' in dimension)) {
    const number = z.number().positive();
    return dimension.schedule?.includes('linear') ? z.union([number, linearSchema]) : number;
  }
  const { choice } = dimension;
  if (choice.every((value) => typeof value === 'number')) {
    const number = choice.every(Number.isInteger) ? z.int() : z.number();
    return Math.min(...choice) > 0 ? number.positive() : number.nonnegative();
  }
  if (choice.every((value) => typeof value !== 'object' || value === null)) return z.literal([...choice]);
  const names = choice.map((value) => JSON.stringify(value)).join(' or ');
  return z.custom((value) => choice.some((one) => isDeepStrictEqual(one, value)), names);
}

const linearSchema = z.strictObject({ linear: z.tuple([z.number().nonnegative(), z.number().nonnegative()]) });

/**
 * By dimension after the first: the degree s and the inner coefficients a of its primitive polynomial, and its first s direction numbers.
 *
 * Joe & Kuo, "Constructing Sobol sequences with better two-dimensional projections", 2008: the first rows of their table
 * new-joe-kuo-6.
 */
const DIRECTIONS: readonly (readonly [degree: number, coefficients: number, ...first: readonly number[]])[] = [
  [1, 0, 1],
  [2, 1, 1, 3],
  [3, 1, 1, 3, 1],
  [3, 2, 1, 1, 1],
  [4, 1, 1, 1, 3, 3],
  [4, 4, 1, 3, 5, 13],
  [5, 2, 1, 1, 5, 5, 17],
  [5, 4, 1, 1, 5, 5, 5],
  [5, 7, 1, 1, 7, 11, 19],
  [5, 11, 1, 1, 5, 1, 1],
  [5, 13, 1, 1, 1, 3, 11],
  [5, 14, 1, 3, 5, 5, 31],
  [6, 1, 1, 3, 3, 9, 7, 49],
  [6, 13, 1, 1, 1, 15, 21, 21],
  [6, 16, 1, 3, 1, 13, 27, 49],
  [6, 19, 1, 1, 1, 15, 7, 5],
  [6, 22, 1, 3, 1, 15, 13, 25],
  [6, 25, 1, 1, 5, 5, 19, 61],
  [7, 1, 1, 3, 7, 11, 23, 15, 103],
  [7, 4, 1, 3, 7, 13, 13, 15, 69],
];

const BITS = 32;

/** How many dimensions {@link sobol} has. */
export const MOST_DIMENSIONS = DIRECTIONS.length + 1;

/**
 * One dimension of the first `count` points of a Sobol sequence, in [0, 1): with a power of two of them, each part of 1 / count has one
 * number in it, and parts of two dimensions together are filled evenly, too.
 *
 * @param dimension from 0 to {@link MOST_DIMENSIONS} − 1
 * @param rng scrambles: by a random linear map of the digits and a shift, which keep all that and make each point uniform. Without it the
 *   first point is 0
 * @throws if there is no such dimension
 *
 * Sobol, 1967, in the order of Antonov & Saleev, 1979; Matoušek, "On the L₂-discrepancy for anchored boxes", 1998, scrambles.
 */
export function sobol(dimension: number, count: number, rng?: Rng): Float64Array {
  if (!(Number.isInteger(dimension) && dimension >= 0 && dimension < MOST_DIMENSIONS)) {
    throw new Error(`sobol: dimension: got ${dimension}, expected an integer from 0 to ${MOST_DIMENSIONS - 1}`);
  }
  const plain = directionNumbers(dimension);
  const directions = rng === undefined ? plain : scrambled(plain, rng);
  let point = rng === undefined ? 0 : word(rng);
  return Float64Array.from({ length: count }, (_, i) => {
    // The next point differs by the direction number of the lowest digit of i that is 0.
    if (i > 0) point = (point ^ directions[31 - Math.clz32(i & -i)]!) >>> 0;
    return point / 2 ** BITS;
  });
}

/** vₖ = mₖ / 2ᵏ, the k-th digit after the point first, as integers of 32 bits. */
function directionNumbers(dimension: number): number[] {
  if (dimension === 0) return Array.from({ length: BITS }, (_, k) => (1 << (BITS - 1 - k)) >>> 0);
  const [degree, coefficients, ...first] = DIRECTIONS[dimension - 1]!;
  const numbers = first.map((m, k) => (m << (BITS - 1 - k)) >>> 0);
  for (let k = degree; k < BITS; k++) {
    let next = numbers[k - degree]! ^ (numbers[k - degree]! >>> degree);
    for (let i = 1; i < degree; i++) {
      if ((coefficients >>> (degree - 1 - i)) & 1) next ^= numbers[k - i]!;
    }
    numbers.push(next >>> 0);
  }
  return numbers;
}

/** The numbers mapped by a random matrix of digits: each digit is itself, plus some of those before it, modulo 2. */
function scrambled(numbers: readonly number[], rng: Rng): number[] {
  const rows = Array.from({ length: BITS }, (_, digit) => {
    const own = 1 << (BITS - 1 - digit);
    const before = digit === 0 ? 0 : -1 << (BITS - digit);
    return (own | (word(rng) & before)) >>> 0;
  });
  return numbers.map(
    (number) => rows.reduce((mapped, row, digit) => mapped | (parity(row & number) << (BITS - 1 - digit)), 0) >>> 0,
  );
}

/** Whether a word has an odd number of ones. */
function parity(bits: number): number {
  let rest = bits;
  for (let shift = 16; shift > 0; shift >>= 1) rest ^= rest >>> shift;
  return rest & 1;
}

/** 32 random bits. */
function word(rng: Rng): number {
  return Math.floor(rng.uniform(0, 2 ** BITS));
}
