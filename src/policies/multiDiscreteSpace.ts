import { show } from '../options/describeIssue.ts';
import type { AnySpace } from './boxSpace.ts';
import type { DiscreteSpace } from './discreteSpace.ts';

/** Several integers: entry i is one of start[i], …, start[i] + nvec[i] − 1. A `MultiDiscrete` of oxbow/envs is one. */
export interface MultiDiscreteSpace {
  readonly nvec: readonly number[];
  readonly start: readonly number[];
}

/** Several zeros and ones. A `MultiBinary` of oxbow/envs is one. */
export interface MultiBinarySpace {
  /** How many. */
  readonly binaries: number;
}

/** A space of which every value is one choice or several. */
export type ChoiceSpace = DiscreteSpace | MultiDiscreteSpace | MultiBinarySpace;

/** The choices of such a space, one after another: entry i is one of start[i], …, start[i] + nvec[i] − 1. */
export function choicesOf(space: ChoiceSpace): MultiDiscreteSpace {
  if ('nvec' in space) return space;
  if ('n' in space) return { nvec: [space.n], start: [space.start] };
  const all = (value: number) => new Array<number>(space.binaries).fill(value);
  return { nvec: all(2), start: all(0) };
}

/**
 * A copy of the space in plain numbers.
 * @param where who wants it, as errors name it
 * @throws if it is no space of several integers
 */
export function plainMultiDiscreteSpace(where: string, space: AnySpace): MultiDiscreteSpace {
  const nvec = Array.from(space?.nvec ?? []);
  const start = Array.from((space?.start as ArrayLike<number> | undefined) ?? nvec.map(() => 0));
  const isRight = nvec.length > 0 && start.length === nvec.length && start.every(Number.isInteger);
  if (!isRight || !nvec.every((n) => Number.isInteger(n) && n > 0)) {
    throw new Error(`${where}: wanted a multi-discrete space { nvec, start }, got ${show(space)}`);
  }
  return { nvec, start };
}

/**
 * A copy of the space in plain numbers.
 * @throws if it is no space of zeros and ones
 */
export function plainMultiBinarySpace(where: string, space: AnySpace): MultiBinarySpace {
  const { binaries } = space ?? {};
  if (!Number.isInteger(binaries) || binaries! < 1) {
    throw new Error(`${where}: wanted a multi-binary space { binaries }, got ${show(space)}`);
  }
  return { binaries: binaries! };
}
