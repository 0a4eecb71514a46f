import { checkArgument } from '../../../src/options/parse.ts';
import { Rng } from '../../../src/random.ts';
import { describe } from '../describe.ts';
import { checkCount } from '../options.ts';
import type { BatchArray, Space } from './space.ts';
import { writeNumbers } from './writeNumbers.ts';

/** Several {@link Discrete} side by side: entry i is one of start[i], …, start[i] + nvec[i] − 1. Values are `Int32Array`s. */
export class MultiDiscrete implements Space<Int32Array> {
  readonly nvec: readonly number[];
  readonly start: readonly number[];
  readonly shape: readonly number[];
  readonly dtype = 'int32';
  readonly size: number;

  /**
   * @param nvec how many integers each entry may be.
   * @param start the least of each; 0 when left out.
   * @throws when `nvec` has no entry or one that is no positive integer, or `start` is not as many integers.
   */
  constructor(nvec: ArrayLike<number>, start: ArrayLike<number> = new Int32Array(nvec?.length ?? 0)) {
    checkArgument('MultiDiscrete', 'nvec', nvec, Array);
    checkArgument('MultiDiscrete', 'start', start, Array);
    if (nvec.length === 0) throw new Error('MultiDiscrete: nvec needs at least one entry, got none');
    if (start.length !== nvec.length) {
      throw new Error(`MultiDiscrete: start has ${start.length} entries, expected ${nvec.length} as nvec`);
    }
    this.nvec = Array.from(nvec);
    this.start = Array.from(start);
    for (const [i, n] of this.nvec.entries()) {
      checkCount('MultiDiscrete', `nvec[${i}]`, n);
      checkCount('MultiDiscrete', `start[${i}]`, this.start[i], -(2 ** 31));
      if (this.start[i]! + n > 2 ** 31) {
        throw new Error(`MultiDiscrete: entry ${i} reaches ${this.start[i]! + n - 1}, expected an int32`);
      }
    }
    this.size = this.nvec.length;
    this.shape = [this.size];
  }

  sample(rng: Rng): Int32Array {
    checkArgument('MultiDiscrete.sample', 'rng', rng, Rng);
    const value = new Int32Array(this.size);
    for (let i = 0; i < this.size; i++) value[i] = rng.integer(this.start[i]!, this.start[i]! + this.nvec[i]!);
    return value;
  }

  contains(x: unknown): x is Int32Array {
    return this.violation(x) === undefined;
  }

  violation(x: unknown): string | undefined {
    if (!(x instanceof Int32Array)) return `expected an Int32Array, got ${describe(x)}`;
    if (x.length !== this.size) return `expected ${this.size} entries, got ${x.length}`;
    for (let i = 0; i < this.size; i++) {
      const first = this.start[i]!;
      const last = first + this.nvec[i]! - 1;
      if (x[i]! < first || x[i]! > last) return `entry ${i} is ${x[i]}, expected an integer in [${first}, ${last}]`;
    }
    return undefined;
  }

  write(x: Int32Array, target: BatchArray, offset: number): void {
    writeNumbers(x, this.size, target, offset);
  }

  read(source: BatchArray, offset: number, into: Int32Array = new Int32Array(this.size)): Int32Array {
    for (let i = 0; i < this.size; i++) into[i] = source[offset + i]!;
    return into;
  }

  toString(): string {
    const start = this.start.some((first) => first !== 0) ? `, start [${this.start.join(', ')}]` : '';
    return `MultiDiscrete([${this.nvec.join(', ')}]${start})`;
  }
}
