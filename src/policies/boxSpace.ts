import { show } from '../options/describeIssue.ts';

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

interface PlainBox {
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
  const plain = { low: Array.from(low), high: Array.from(high), shape: Array.from(shape) };
  return dtype === 'uint8' ? { ...plain, dtype } : plain;
}
