import { z } from 'zod';
import { show } from '../options/describe.ts';

/** Where observations or actions lie: low ≤ x ≤ high in every entry. A `Box` of oxbow/envs is one. */
export interface BoxSpace {
  readonly low: ArrayLike<number>;
  readonly high: ArrayLike<number>;
  readonly shape: readonly number[];
  /** `'uint8'` where entries are bytes, as those of images; any other type is a number as it is. */
  readonly dtype?: string | undefined;
}

/**
 * A space of which only running the program shows what it is, as `make(id).actionSpace`: it has what a box has, or a discrete space, or
 * another of oxbow/envs.
 */
export interface AnySpace extends Partial<BoxSpace> {
  readonly n?: number;
  readonly nvec?: ArrayLike<number>;
  readonly start?: number | ArrayLike<number>;
  readonly binaries?: number;
  readonly spaces?: object;
  readonly names?: readonly string[] | undefined;
  /** How many numbers a value has in the row of a batch. */
  readonly size?: number;
}

export interface PlainBox {
  low: number[];
  high: number[];
  shape: number[];
  dtype?: 'uint8';
}

/**
 * A copy of the space in plain arrays.
 * @param where who wants it, as errors name it
 * @throws if it has no bounds, as a discrete one, or they do not fit its shape
 */
export function plainBoxSpace(where: string, space: AnySpace): PlainBox {
  const { low, high, shape, dtype } = space ?? {};
  if (low?.length === undefined || high?.length === undefined || shape?.length === undefined) {
    throw new Error(`${where}: got ${show(space)}, expected a box { low, high, shape }`);
  }
  const size = Array.from(shape).reduce((product, n) => product * n, 1);
  if (!Number.isInteger(size) || size < 1 || low.length !== size || high.length !== size) {
    throw new Error(
      `${where}: got ${low.length} low and ${high.length} high ones, ` +
        `expected one bound for each entry of the shape [${Array.from(shape)}]`,
    );
  }
  const wrong = Array.from(low).findIndex((bound, i) => !(bound <= high[i]!));
  if (wrong >= 0) throw new Error(`${where}: got ${low[wrong]} and ${high[wrong]} at ${wrong}, expected low ≤ high`);
  const plain = { low: Array.from(low), high: Array.from(high), shape: Array.from(shape) };
  return dtype === 'uint8' ? { ...plain, dtype } : plain;
}

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
    throw new Error(`${where}: got ${show(space)}, expected a discrete space { n, start }`);
  }
  return { n: n!, start };
}

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
    throw new Error(`${where}: got ${show(space)}, expected a multi-discrete space { nvec, start }`);
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
    throw new Error(`${where}: got ${show(space)}, expected a multi-binary space { binaries }`);
  }
  return { binaries: binaries! };
}

/** Several spaces side by side: those of a `Dict` of oxbow/envs under their names, or of a `Tuple`. */
interface CompositeSpace {
  readonly spaces: readonly PlainSpace[];
  /** In the order of the parts; a tuple has none. */
  readonly names?: readonly string[] | undefined;
}

/** Values without numbers, as texts are. */
interface EmptySpace {
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
  throw new Error(`${where}: got ${show(space)}, expected a space, as a box { low, high, shape } or one of oxbow/envs`);
}

/** A space as JSON, in which an infinite bound is a text: JSON has no infinities. */
export function jsonSpace(of: PlainSpace): unknown {
  if ('spaces' in of) return { ...of, spaces: of.spaces.map(jsonSpace) };
  if (!('low' in of)) return of;
  const bounds = (values: ArrayLike<number>) =>
    Array.from(values, (value) => (Number.isFinite(value) ? value : String(value)));
  return { ...of, low: bounds(of.low), high: bounds(of.high) };
}

const bound = z.union([z.number(), z.literal(['Infinity', '-Infinity']).transform(Number)]);
const box = z.strictObject({
  low: z.array(bound),
  high: z.array(bound),
  shape: z.array(z.int().positive()),
  dtype: z.literal('uint8').optional(),
});
const choices = [
  z.strictObject({ n: z.int().positive(), start: z.int() }),
  z.strictObject({ nvec: z.array(z.int().positive()), start: z.array(z.int()) }),
  z.strictObject({ binaries: z.int().positive() }),
] as const;
/** What {@link jsonSpace} writes. */
export const plainSpaceSchema: z.ZodType<PlainSpace> = z.lazy(() =>
  z.union([
    box,
    ...choices,
    z.strictObject({ spaces: z.array(plainSpaceSchema), names: z.array(z.string()).optional() }),
    z.strictObject({ size: z.literal(0) }),
  ]),
);
/** {@link plainSpaceSchema} of the spaces that actions have. */
export const actionSpaceSchema = z.union([box, ...choices]);
