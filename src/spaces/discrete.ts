import { show } from '../options/describe.ts';
import { checkArgument, checkCount } from '../options/parse.ts';
import { Rng } from '../random.ts';
import { ArraySpace, type BatchArray, type Space } from './space.ts';

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
    return `expected an integer in [${this.start}, ${this.start + this.n - 1}], got ${show(x)}`;
  }

  write(x: number, target: BatchArray, offset: number): void {
    if (typeof x !== 'number' || Number.isNaN(x)) throw new Error(`expected a number, got ${show(x)}`);
    target[offset] = x;
  }

  read(source: BatchArray, offset: number): number {
    return source[offset]!;
  }

  toString(): string {
    return `Discrete(${this.n}${this.start === 0 ? '' : `, start ${this.start}`})`;
  }
}

/** Several {@link Discrete} side by side: entry i is one of start[i], …, start[i] + nvec[i] − 1. Values are `Int32Array`s. */
export class MultiDiscrete extends ArraySpace<Int32Array> implements Space<Int32Array> {
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
    super();
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
    const value = this.zeros();
    for (let i = 0; i < this.size; i++) value[i] = rng.integer(this.start[i]!, this.start[i]! + this.nvec[i]!);
    return value;
  }

  violation(x: unknown): string | undefined {
    if (!(x instanceof Int32Array)) return `expected an Int32Array, got ${show(x)}`;
    if (x.length !== this.size) return `expected ${this.size} entries, got ${x.length}`;
    for (let i = 0; i < this.size; i++) {
      const first = this.start[i]!;
      const last = first + this.nvec[i]! - 1;
      if (x[i]! < first || x[i]! > last) return `entry ${i} is ${x[i]}, expected an integer in [${first}, ${last}]`;
    }
    return undefined;
  }

  protected zeros(): Int32Array {
    return new Int32Array(this.size);
  }

  override toString(): string {
    const start = this.start.some((first) => first !== 0) ? `, start [${this.start.join(', ')}]` : '';
    return `MultiDiscrete([${this.nvec.join(', ')}]${start})`;
  }
}

/** Arrays of zeros and ones, of one shape: `Uint8Array`s, row-major. */
export class MultiBinary extends ArraySpace<Uint8Array> implements Space<Uint8Array> {
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
    super();
    checkArgument('MultiBinary', 'shape', shape, [Number, Array]);
    this.shape = typeof shape === 'number' ? [shape] : shape;
    if (this.shape.length === 0) throw new Error('MultiBinary: shape needs at least one entry, got none');
    for (const [i, n] of this.shape.entries()) checkCount('MultiBinary', `shape[${i}]`, n);
    this.size = this.shape.reduce((product, n) => product * n, 1);
    this.binaries = this.size;
  }

  sample(rng: Rng): Uint8Array {
    checkArgument('MultiBinary.sample', 'rng', rng, Rng);
    const value = this.zeros();
    for (let i = 0; i < this.size; i++) value[i] = rng.integer(0, 2);
    return value;
  }

  violation(x: unknown): string | undefined {
    if (!(x instanceof Uint8Array)) return `expected a Uint8Array, got ${show(x)}`;
    if (x.length !== this.size) return `expected ${this.size} entries (shape [${this.shape}]), got ${x.length}`;
    const wrong = x.findIndex((entry) => entry > 1);
    return wrong < 0 ? undefined : `entry ${wrong} is ${x[wrong]}, expected 0 or 1`;
  }

  protected zeros(): Uint8Array {
    return new Uint8Array(this.size);
  }

  override toString(): string {
    return `MultiBinary([${this.shape.join(', ')}])`;
  }
}
