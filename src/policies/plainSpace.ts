import { show } from '../options/describeIssue.ts';
import { type AnySpace, type BoxSpace, plainBoxSpace } from './boxSpace.ts';
import { type DiscreteSpace, plainDiscreteSpace } from './discreteSpace.ts';
import {
  type MultiBinarySpace,
  type MultiDiscreteSpace,
  plainMultiBinarySpace,
  plainMultiDiscreteSpace,
} from './multiDiscreteSpace.ts';

/** Several spaces side by side: those of a `Dict` of oxbow/envs under their names, or of a `Tuple`. */
export interface CompositeSpace {
  readonly spaces: readonly PlainSpace[];
  /** In the order of the parts; a tuple has none. */
  readonly names?: readonly string[] | undefined;
}

/** Values without numbers, as texts are. */
export interface EmptySpace {
  readonly size: 0;
}

/** A space in plain JSON, but for infinite bounds. */
export type PlainSpace = BoxSpace | DiscreteSpace | MultiDiscreteSpace | MultiBinarySpace | CompositeSpace | EmptySpace;

/**
 * A copy of any space in plain values. A space of one's own, which is none of oxbow's, is taken for a box of the numbers that it
 * writes, without bounds.
 * @param where who wants it, as errors name it
 * @throws if it is no space
 */
export function plainSpace(where: string, space: AnySpace): PlainSpace {
  const { spaces, names, nvec, n, binaries, low, size } = (space ?? {}) as AnySpace;
  if (Array.isArray(spaces)) {
    const parts = spaces.map((part, i) => plainSpace(`${where}.${names?.[i] ?? i}`, part));
    return names === undefined ? { spaces: parts } : { names: [...names], spaces: parts };
  }
  if (spaces !== undefined) {
    const parts = spaces as Readonly<Record<string, AnySpace>>;
    const keys = names ?? Object.keys(parts).sort();
    return { names: [...keys], spaces: keys.map((key) => plainSpace(`${where}.${key}`, parts[key]!)) };
  }
  if (nvec !== undefined) return plainMultiDiscreteSpace(where, space);
  if (n !== undefined) return plainDiscreteSpace(where, space);
  if (binaries !== undefined) return plainMultiBinarySpace(where, space);
  if (low !== undefined) return plainBoxSpace(where, space);
  if (size === 0) return { size };
  if (Number.isInteger(size) && size! > 0) {
    const bounds = (bound: number) => new Array<number>(size!).fill(bound);
    return { low: bounds(-Infinity), high: bounds(Infinity), shape: [size!] };
  }
  throw new Error(`${where}: wanted a space, as a box { low, high, shape } or one of oxbow/envs, got ${show(space)}`);
}

/** A space as JSON, in which an infinite bound is a text: JSON has no infinities. */
export function jsonSpace(of: PlainSpace): unknown {
  if ('spaces' in of) return { ...of, spaces: of.spaces.map(jsonSpace) };
  if (!('low' in of)) return of;
  const bounds = (values: ArrayLike<number>) =>
    Array.from(values, (value) => (Number.isFinite(value) ? value : String(value)));
  return { ...of, low: bounds(of.low), high: bounds(of.high) };
}
