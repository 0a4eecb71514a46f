import { checkArgument } from '../../../src/options/parse.ts';
import { Rng } from '../../../src/random.ts';
import { describe } from '../describe.ts';
import { checkCount } from '../options.ts';
import type { BatchArray, Space } from './space.ts';
import { writeNumbers } from './writeNumbers.ts';

/** Arrays of zeros and ones, of one shape: `Uint8Array`s, row-major. */
export class MultiBinary implements Space<Uint8Array> {
  readonly shape: readonly number[];
  readonly dtype = 'uint8';
  readonly size: number;
  /** How many zeros and ones: the size. It is what tells others, which know spaces by what they have, that this is none of bytes. */
  readonly binaries: number;

  /**
   * @param shape of a value; a number n is short for [n].
   * @throws when it does not hold positive integers.
   */
  constructor(shape: number | readonly number[]) {
    checkArgument('MultiBinary', 'shape', shape, [Number, Array]);
    this.shape = typeof shape === 'number' ? [shape] : shape;
    if (this.shape.length === 0) throw new Error('MultiBinary: shape needs at least one entry, got none');
    for (const [i, n] of this.shape.entries()) checkCount('MultiBinary', `shape[${i}]`, n);
    this.size = this.shape.reduce((product, n) => product * n, 1);
    this.binaries = this.size;
  }

  sample(rng: Rng): Uint8Array {
    checkArgument('MultiBinary.sample', 'rng', rng, Rng);
    const value = new Uint8Array(this.size);
    for (let i = 0; i < this.size; i++) value[i] = rng.integer(0, 2);
    return value;
  }

  contains(x: unknown): x is Uint8Array {
    return this.violation(x) === undefined;
  }

  violation(x: unknown): string | undefined {
    if (!(x instanceof Uint8Array)) return `expected a Uint8Array, got ${describe(x)}`;
    if (x.length !== this.size) return `expected ${this.size} entries (shape [${this.shape}]), got ${x.length}`;
    const wrong = x.findIndex((entry) => entry > 1);
    return wrong < 0 ? undefined : `entry ${wrong} is ${x[wrong]}, expected 0 or 1`;
  }

  write(x: Uint8Array, target: BatchArray, offset: number): void {
    writeNumbers(x, this.size, target, offset);
  }

  read(source: BatchArray, offset: number, into: Uint8Array = new Uint8Array(this.size)): Uint8Array {
    for (let i = 0; i < this.size; i++) into[i] = source[offset + i]!;
    return into;
  }

  toString(): string {
    return `MultiBinary([${this.shape.join(', ')}])`;
  }
}
