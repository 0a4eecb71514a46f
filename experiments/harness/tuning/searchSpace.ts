import { portableMath } from '../../../src/portableMath.ts';
import type { Rng } from '../../../src/random.ts';

/** A value of a setting. */
export type SettingValue = string | number | boolean;

/** Where one setting is searched: among a few values, or between two bounds, evenly or evenly in its logarithm. */
export type Dimension =
  | { readonly choice: readonly SettingValue[] }
  | { readonly uniform: readonly [low: number, high: number] }
  | { readonly logUniform: readonly [low: number, high: number] };

/** The settings that are searched, by name, in groups if need be: plain JSON. */
export interface SearchSpace {
  readonly [name: string]: Dimension | SearchSpace;
}

/** A value for every dimension of a {@link SearchSpace}. */
export interface Settings {
  readonly [name: string]: SettingValue | Settings;
}

/**
 * `trials` settings by Latin hypercube sampling: each dimension is cut into `trials` parts of equal probability, and each part
 * is drawn from once, in an order of its own. Dimensions have streams by their names, so that spaces that share a dimension
 * try the same values of it.
 *
 * McKay, Beckman & Conover, "A comparison of three methods for selecting values of input variables", 1979.
 */
export function latinHypercube(space: SearchSpace, trials: number, rng: Rng): Settings[] {
  const columns = Object.entries(space).map(([name, part]): [string, (SettingValue | Settings)[]] => {
    const stream = rng.split(name);
    if (!isDimension(part)) return [name, latinHypercube(part, trials, stream)];
    return [name, Array.from(stream.permutation(trials), (stratum) => at(part, (stratum + stream.uniform()) / trials))];
  });
  return Array.from({ length: trials }, (_, i) =>
    Object.fromEntries(columns.map(([name, values]) => [name, values[i]!])),
  );
}

export function isDimension(part: Dimension | SearchSpace): part is Dimension {
  return ['choice', 'uniform', 'logUniform'].some((kind) => Array.isArray(part[kind as keyof typeof part]));
}

/** The value at `u`, in [0, 1), of a dimension's cumulative probability; numbers with three digits. */
function at(dimension: Dimension, u: number): SettingValue {
  if ('choice' in dimension) return dimension.choice[Math.floor(u * dimension.choice.length)]!;
  if ('uniform' in dimension) {
    const [low, high] = dimension.uniform;
    return rounded(low + u * (high - low));
  }
  const [low, high] = dimension.logUniform;
  return rounded(low * portableMath.exp(u * portableMath.log(high / low)));
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
