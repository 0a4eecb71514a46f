import * as tf from '@tensorflow/tfjs-core';
import seedrandom from 'seedrandom';
import { z } from 'zod';
import { show } from './options/describe.ts';
import { checkArgument } from './options/parse.ts';
import { portableMath } from './portableMath.ts';

/** A snapshot of an {@link Rng}: plain JSON, so that a checkpoint can hold it. */
export interface RngState {
  /** The stream's {@link Rng.seed}. */
  readonly seed: string;
  readonly generator: GeneratorState;
}

/** A stream by its path, at its start. */
interface Start {
  readonly seed: string;
  readonly generator?: undefined;
}

/**
 * A named, splittable stream of random numbers: all randomness in oxbow comes from one.
 *
 * `rng.split('env')` is a stream of its own that depends on the parent's seed and the name alone, not on what the parent
 * has drawn, so that adding a consumer never shifts the numbers of another. Splitting twice with one name gives two
 * streams of equal numbers: split once, keep the child. Different seeds and names never give one stream, whatever
 * characters they hold: `split('a').split('b')` is not `split('a/b')`.
 *
 * Host draws (`uniform`, `normal`, …) return numbers; tensor draws (`normalTensor`, `uniformTensor`) return tensors and
 * are the only ones allowed inside a compiled function, where each becomes an input that is filled from the same stream
 * in the same order.
 *
 * The generator is Brent's xor4096 (period 2^4128 − 1) as in `seedrandom`; normals are Box–Muller pairs. Every JavaScript
 * engine draws the same bits.
 */
export class Rng {
  /** Which stream this is: the seed, then the names of the splits, joined by `/`; a `/` or `%` inside of one is escaped. */
  readonly seed: string;
  readonly #generator: Xor4096;

  /**
   * @param seed any string or finite number, 0 included; equal seeds give equal streams, and so do 7 and '7'. A
   *   {@link RngState} continues the stream it was taken from.
   * @throws if it is none of these
   */
  constructor(seed: string | number | RngState | Start) {
    const { seed: path, generator }: RngState | Start =
      typeof seed === 'object' && seed !== null ? seed : { seed: pathPart('the seed', seed) };
    if (typeof path !== 'string')
      throw new Error(`Rng: got one of ${path}, expected a state with the seed of its stream`);
    this.seed = path;
    this.#generator = new Xor4096(generator ?? path);
  }

  /** The stream that {@link Rng.state} was taken from, at that point. */
  static fromState(state: RngState): Rng {
    return new Rng(state);
  }

  state(): RngState {
    return { seed: this.seed, generator: this.#generator.state };
  }

  /** Goes to a point of this stream, as {@link Rng.state} gave it. @throws if it is of another stream */
  restore(state: RngState): void {
    checkArgument('Rng.restore', 'state', state, Object);
    const { seed, generator } = state;
    if (seed !== this.seed)
      throw new Error(`Rng.restore: got '${seed}', expected a state of the stream '${this.seed}'`);
    this.#generator.state = generator;
  }

  /**
   * Remembers this point of the stream, in place of the one before; unlike {@link Rng.state} it allocates nothing. A compiled function that
   * draws from the stream does so too: around a call of one take {@link Rng.state}.
   */
  mark(): void {
    this.#generator.mark();
  }

  /** Goes back to the point that {@link mark} remembers. */
  rewind(): void {
    this.#generator.rewind();
  }

  /** The child stream `name`; see the class comment. @throws if `name` is no string or finite number */
  split(name: string | number): Rng {
    return new Rng({ seed: `${this.seed}/${pathPart('the name of a split', name)}` });
  }

  /** U[low, high), with 32 random bits. @throws unless both are finite, with low ≤ high */
  uniform(low = 0, high = 1): number {
    // A text added to a number is a text; the distance of what is not finite is not either.
    if (typeof low !== 'number' || typeof high !== 'number' || !(high - low >= 0 && high - low < Infinity)) {
      throw new Error(`Rng.uniform: got ${show(low)} and ${show(high)}, expected finite numbers low ≤ high`);
    }
    return low + (high - low) * this.#generator.quick();
  }

  /** N(mean, std²). @throws unless both are finite, with std ≥ 0 */
  normal(mean = 0, std = 1): number {
    if (typeof mean !== 'number' || typeof std !== 'number' || !(std >= 0 && std < Infinity && mean - mean === 0)) {
      throw new Error(
        `Rng.normal: got ${show(mean)} and ${show(std)}, expected a finite mean and standard deviation ≥ 0`,
      );
    }
    const radius = Math.sqrt(-2 * portableMath.log(1 - this.#generator.quick()));
    return mean + std * radius * portableMath.cosTurns(this.#generator.quick());
  }

  /** An integer, uniform on [low, high). */
  integer(low: number, high: number): number {
    if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low) {
      throw new Error(`Rng.integer: needs integers low < high, got [${low}, ${high})`);
    }
    return low + Math.floor((high - low) * this.#generator.double());
  }

  /** The integers 0 … count − 1 in uniformly random order (Fisher–Yates). @throws if `count` is no integer ≥ 0 */
  permutation(count: number): Int32Array<ArrayBuffer> {
    if (!(Number.isInteger(count) && count >= 0)) {
      throw new Error(`Rng.permutation: got ${show(count)}, expected an integer ≥ 0`);
    }
    const order = new Int32Array(count);
    for (let i = 0; i < count; i++) order[i] = i;
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor((i + 1) * this.#generator.double());
      const swap = order[i]!;
      order[i] = order[j]!;
      order[j] = swap;
    }
    return order;
  }

  /** Fills `target` with N(0, 1), two numbers for each Box–Muller pair. */
  fillNormal<T extends Float32Array | Float64Array>(target: T): T {
    checkArgument('Rng.fillNormal', 'target', target, [Float32Array, Float64Array]);
    for (let i = 0; i < target.length; i += 2) {
      const radius = Math.sqrt(-2 * portableMath.log(1 - this.#generator.quick()));
      const turns = this.#generator.quick();
      target[i] = radius * portableMath.cosTurns(turns);
      if (i + 1 < target.length) target[i + 1] = radius * portableMath.sinTurns(turns);
    }
    return target;
  }

  /** Fills `target` with U(0, 1), the end points excluded in float32 too, so that logarithms of x and 1 − x are finite. */
  fillUniform<T extends Float32Array | Float64Array>(target: T): T {
    checkArgument('Rng.fillUniform', 'target', target, [Float32Array, Float64Array]);
    for (let i = 0; i < target.length; i++) {
      target[i] = Math.min(Math.max(this.#generator.quick(), 2 ** -33), 1 - 2 ** -24);
    }
    return target;
  }

  /** A tensor of N(0, 1). */
  normalTensor(shape: number[]): tf.Tensor {
    return tf.tensor(this.fillNormal(new Float32Array(sizeOf('normalTensor', shape))), shape);
  }

  /** A tensor of U(0, 1), end points excluded. */
  uniformTensor(shape: number[]): tf.Tensor {
    return tf.tensor(this.fillUniform(new Float32Array(sizeOf('uniformTensor', shape))), shape);
  }
}

/** How many numbers a tensor has. @throws if its shape is none */
function sizeOf(method: string, shape: readonly number[]): number {
  if (Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && size >= 0)) {
    return tf.util.sizeFromShape(shape as number[]);
  }
  throw new Error(`Rng.${method}: shape: got ${show(shape)}, expected a list of integers ≥ 0`);
}

/** A seed or name as a part of a path, which no other one gives. The generator takes a text and its repetition after a NUL for equal. */
function pathPart(what: string, part: string | number): string {
  if (typeof part !== 'string' && !Number.isFinite(part)) {
    throw new Error(`Rng: ${what}: got ${part}, expected a finite number or a string`);
  }
  return String(part).replaceAll(/[%/\0]/g, encodeURIComponent);
}

/** Where a generator is: plain JSON. */
interface GeneratorState {
  readonly i: number;
  readonly w: number;
  readonly X: readonly number[];
}

/** Words of the shift register, a power of two. */
const SIZE = 128;
/** After the register: its position, and the Weyl sequence. */
const POSITION = SIZE;
const WEYL = SIZE + 1;

/**
 * Brent's xor4096 (period 2^4128 − 1), seeded as `seedrandom` does and with its numbers, to the bit. Its state is one array, so that
 * the way back to a {@link mark} costs neither an allocation nor a new generator.
 *
 * Brent, "Some long-period random number generators using shifts and xors", ANZIAM Journal 48, 2007.
 */
class Xor4096 {
  readonly #words = new Int32Array(SIZE + 2);
  #marked: Int32Array | undefined;

  /** @param start a seed, or the state of a generator */
  constructor(start: string | GeneratorState) {
    this.state = typeof start === 'string' ? seedrandom.xor4096(start, { state: true }).state() : start;
  }

  get state(): GeneratorState {
    const words = this.#words;
    return { i: words[POSITION]!, w: words[WEYL]!, X: Array.from({ length: SIZE }, (_, i) => words[i]!) };
  }

  set state(state: GeneratorState) {
    const { i, w, X } = state ?? {};
    const isIndex = Number.isInteger(i) && i >= 0 && i < SIZE;
    if (!isIndex || !Number.isInteger(w) || X?.length !== SIZE || !X.every(Number.isInteger)) {
      throw new Error('Rng: got another, expected a state as Rng.state gives it');
    }
    this.#words.set(X);
    this.#words[POSITION] = i;
    this.#words[WEYL] = w;
  }

  /** Remembers where the generator is, in place of what was remembered before. */
  mark(): void {
    this.#marked ??= new Int32Array(SIZE + 2);
    this.#marked.set(this.#words);
  }

  /** Goes back to where {@link mark} was called last. */
  rewind(): void {
    this.#words.set(this.#marked!);
  }

  /** U[0, 1) with 32 random bits. */
  quick(): number {
    return (next(this.#words) >>> 0) / 2 ** 32;
  }

  /** U(0, 1) with 53 random bits. */
  double(): number {
    for (;;) {
      const top = next(this.#words) >>> 11;
      const value = (top + (next(this.#words) >>> 0) / 2 ** 32) / 2 ** 21;
      if (value !== 0) return value;
    }
  }
}

/** 32 random bits; steps the generator. */
function next(words: Int32Array): number {
  const w = (words[WEYL]! + 0x61c88647) | 0;
  const at = words[POSITION]!;
  const to = (at + 1) & (SIZE - 1);
  let v = words[(at + 34) & (SIZE - 1)]!;
  let t = words[to]!;
  v ^= v << 13;
  v ^= v >>> 15;
  t ^= t << 17;
  t ^= t >>> 12;
  v ^= t;
  words[to] = v;
  words[POSITION] = to;
  words[WEYL] = w;
  return (v + (w ^ (w >>> 16))) | 0;
}

/** A stream of randomness, as an option. */
export const rngSchema = z.custom<Rng>((value) => value instanceof Rng, 'an Rng').meta({ type: 'Rng' });
