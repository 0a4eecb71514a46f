import { show } from '../options/describeIssue.ts';
import type { DiscreteSpace } from './discreteSpace.ts';

/** Where observations or actions lie: low ≤ x ≤ high in every entry. A `Box` of oxbow/envs is one. */
export interface BoxSpace {
  readonly low: ArrayLike<number>;
  readonly high: ArrayLike<number>;
  readonly shape: readonly number[];
}

/** A space of which only running the program shows what it is, as `make(id).actionSpace`. */
export type AnySpace = Partial<BoxSpace> & Partial<DiscreteSpace>;

/**
 * A copy of the space in plain arrays.
 * @param where who wants it, as errors name it
 * @throws if it has no bounds, as a discrete one, or they do not fit its shape
 */
export function plainBoxSpace(where: string, space: AnySpace): { low: number[]; high: number[]; shape: number[] } {
  const { low, high, shape } = (space ?? {}) as Partial<AnySpace>;
  if (low?.length === undefined || high?.length === undefined || shape?.length === undefined) {
    throw new Error(`${where}: wanted a box { low, high, shape }, got ${show(space)}`);
  }
  const size = Array.from(shape).reduce((product, n) => product * n, 1);
  if (!Number.isInteger(size) || size < 1 || low.length !== size || high.length !== size) {
    throw new Error(
      `${where}: wanted one bound for each entry of the shape [${Array.from(shape)}], got ${low.length} low and ${high.length} high ones`,
    );
  }
  const wrong = Array.from(low).findIndex((bound, i) => !(bound <= high[i]!));
  if (wrong >= 0) throw new Error(`${where}: wanted low ≤ high, got ${low[wrong]} and ${high[wrong]} at ${wrong}`);
  return { low: Array.from(low), high: Array.from(high), shape: Array.from(shape) };
}
