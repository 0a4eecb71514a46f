import { checkArgument } from '../../../src/options/parse.ts';
import { Rng } from '../../../src/random.ts';
import { describe } from '../describe.ts';
import { checkCount } from '../options.ts';
import type { BatchArray, Space } from './space.ts';

/** Up to here float32 has every integer. */
const LARGEST = 2 ** 24;

/** The integers start, start + 1, …, start + n − 1, as plain numbers. */
export class Discrete implements Space<number> {
  readonly n: number;
  readonly start: number;
  readonly shape: readonly number[] = [];
  readonly dtype = 'int32';
  readonly size = 1;

  /** @throws when `n` is not a positive integer, `start` is not an integer, or one of the integers is none of float32's: beyond ±2²⁴. */
  constructor(n: number, start = 0) {
    checkCount('Discrete', 'n', n);
    checkCount('Discrete', 'start', start, Number.MIN_SAFE_INTEGER);
    const [least, most] = [start, start + n - 1];
    if (least < -LARGEST || most > LARGEST) {
      // Batches are of float32, in which two integers would be one.
      throw new Error(`Discrete: got the integers from ${least} to ${most}, expected ones within ±${LARGEST}`);
    }
    this.n = n;
    this.start = start;
  }

  sample(rng: Rng): number {
    checkArgument('Discrete.sample', 'rng', rng, Rng);
    return rng.integer(this.start, this.start + this.n);
  }

  contains(x: unknown): x is number {
    return Number.isInteger(x) && (x as number) >= this.start && (x as number) < this.start + this.n;
  }

  violation(x: unknown): string | undefined {
    if (this.contains(x)) return undefined;
    return `expected an integer in [${this.start}, ${this.start + this.n - 1}], got ${describe(x)}`;
  }

  write(x: number, target: BatchArray, offset: number): void {
    if (typeof x !== 'number' || Number.isNaN(x)) throw new Error(`expected a number, got ${describe(x)}`);
    target[offset] = x;
  }

  read(source: BatchArray, offset: number): number {
    return source[offset]!;
  }

  toString(): string {
    return `Discrete(${this.n}${this.start === 0 ? '' : `, start ${this.start}`})`;
  }
}
