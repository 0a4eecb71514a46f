import seedrandom from 'seedrandom';

/** Where a generator is: plain JSON. */
export interface GeneratorState {
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
export class Xor4096 {
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
      throw new Error('Rng: wanted a state as Rng.state gives it, got another');
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
