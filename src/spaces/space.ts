import { show } from '../options/describe.ts';
import type { Rng } from '../random.ts';

/** The flat arrays in which vector envs and agents keep batches. */
export type BatchArray = Float32Array | Float64Array | Int32Array;

/**
 * The set of values that an observation or an action may take.
 *
 * `size`, `write` and `read` say how a value is laid out as numbers in one row of a flat batch, so that a vector env or a
 * replay buffer serves any space.
 */
export interface Space<T = unknown> {
  /** Shape of one value; `[]` for a single number. */
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'float64' | 'int32' | 'uint8';
  /** How many numbers a value takes in a row of a batch. */
  readonly size: number;

  /** A random member: uniform where the space is bounded. */
  sample(rng: Rng): T;
  contains(x: unknown): x is T;
  /** What keeps `x` out of the space, in one line; undefined when `x` is a member. */
  violation(x: unknown): string | undefined;

  /**
   * Copies `x` into `target[offset … offset + size)`.
   * @throws when `x` has not the form of a member, or a number that is NaN; its bounds are not looked at: `violation` does.
   */
  write(x: T, target: BatchArray, offset: number): void;
  /** The value at `source[offset … offset + size)`, in the array `into` where one is given. */
  read(source: BatchArray, offset: number, into?: T): T;

  toString(): string;
}

const methods = ['sample', 'contains', 'violation', 'write', 'read'] as const satisfies (keyof Space)[];

/** What keeps a value from being a space, in a few words; undefined of one. */
export function notSpace(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return `got ${show(value)}`;
  const space: Partial<Space> = value;
  const missing = methods.find((method) => typeof space[method] !== 'function');
  if (missing !== undefined) return `it has no ${missing}()`;
  return Number.isInteger(space.size) ? undefined : `its size is ${show(space.size)}`;
}

/** @throws unless `value` is a space */
export function checkSpace(owner: string, name: string, value: unknown): void {
  const problem = notSpace(value);
  if (problem !== undefined) throw new Error(`${owner}: ${name}: expected a Space, ${problem.replace(/^it/, 'which')}`);
}

/** A space whose members are those of which nothing is wrong. */
export abstract class CheckedSpace<T> {
  abstract violation(x: unknown): string | undefined;

  contains(x: unknown): x is T {
    return this.violation(x) === undefined;
  }
}

/** A space of arrays of one length. */
export abstract class ArraySpace<T extends { [i: number]: number; readonly length: number }> extends CheckedSpace<T> {
  abstract readonly size: number;

  /** One of zeros. */
  protected abstract zeros(): T;

  /** @throws when `x` is no array of so many numbers, or one of them is NaN; infinite ones are numbers. */
  write(x: T, target: BatchArray, offset: number): void {
    const { size } = this;
    if (x == null || x.length !== size) throw new Error(`expected ${size} numbers, got ${show(x)}`);
    for (let i = 0; i < size; i++) {
      const entry = x[i]!;
      if (typeof entry !== 'number' || !(entry <= Number.POSITIVE_INFINITY)) {
        throw new Error(`entry ${i} is ${show(entry)}, expected a number`);
      }
      target[offset + i] = entry;
    }
  }

  read(source: BatchArray, offset: number, into: T = this.zeros()): T {
    for (let i = 0; i < this.size; i++) into[i] = source[offset + i]!;
    return into;
  }
}
