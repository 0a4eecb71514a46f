import { show } from '../options/describeIssue.ts';
import type { AnySpace } from './boxSpace.ts';

/** The integers start, start + 1, …, start + n − 1. A `Discrete` of oxbow/envs is one. */
export interface DiscreteSpace {
  readonly n: number;
  readonly start: number;
}

/**
 * A copy of the space in plain numbers.
 * @param where who wants it, as errors name it
 * @throws if it is no discrete space
 */
export function plainDiscreteSpace(where: string, space: AnySpace): DiscreteSpace {
  const { n, start = 0 } = space ?? {};
  if (!Number.isInteger(n) || n! < 1 || typeof start !== 'number' || !Number.isInteger(start)) {
    throw new Error(`${where}: wanted a discrete space { n, start }, got ${show(space)}`);
  }
  return { n: n!, start };
}
