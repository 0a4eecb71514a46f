/** Arrays that rows may be kept in. */
type Numbers = Float32Array | Int32Array | Uint8Array;

/** How much memory is taken at a time, bytes. */
const CHUNK = 2 ** 22;

/** A row of fewer numbers is copied by a loop: a view of it would cost more than it saves. */
const FEW = 32;

/**
 * Up to `capacity` rows of `width` numbers. Memory is taken chunk by chunk when rows are written that need it, so that a buffer that
 * is never filled costs little, and growing never copies what is there. Rows that were not written hold zeros.
 */
export class GrowingRows<A extends Numbers> {
  readonly width: number;
  readonly #type: new (
    length: number,
  ) => A;
  readonly #capacity: number;
  readonly #chunks: (A | undefined)[] = [];
  /** A chunk has 2^bits rows. */
  readonly #bits: number;

  constructor(
    type: (new (length: number) => A) & { readonly BYTES_PER_ELEMENT: number },
    width: number,
    capacity: number,
  ) {
    this.width = width;
    this.#type = type;
    this.#capacity = capacity;
    let bits = 0;
    while (2 ** (bits + 1) * width * type.BYTES_PER_ELEMENT <= CHUNK) bits += 1;
    this.#bits = bits;
  }

  /** The number of a row of one, 0 if it has not been written. */
  get(row: number): number {
    const chunk = this.#chunks[row >>> this.#bits];
    return chunk === undefined ? 0 : chunk[row & ((1 << this.#bits) - 1)]!;
  }

  /** @throws {RangeError} if there is no memory for it */
  set(row: number, value: number): void {
    this.#chunkOf(row)[row & ((1 << this.#bits) - 1)] = value;
  }

  /** Copies row `row` into row `at` of `into`. */
  read(row: number, into: Numbers, at: number): void {
    const { width } = this;
    const chunk = this.#chunks[row >>> this.#bits]!;
    copyNumbers(chunk, (row & ((1 << this.#bits) - 1)) * width, into, at * width, width);
  }

  /** Copies row `at` of `from` into row `row`. @throws {RangeError} if there is no memory for it */
  write(row: number, from: Numbers, at: number): void {
    const { width } = this;
    copyNumbers(from, at * width, this.#chunkOf(row), (row & ((1 << this.#bits) - 1)) * width, width);
  }

  /** The first `count` rows, one after the other. */
  first(count: number): A {
    const rows = new this.#type(count * this.width);
    for (let row = 0; row < count; row += 1 << this.#bits) {
      const chunk = this.#chunkOf(row);
      const length = Math.min(chunk.length, (count - row) * this.width);
      rows.set(chunk.subarray(0, length), row * this.width);
    }
    return rows;
  }

  /** Sets the first rows. @throws {RangeError} if there is no memory for them */
  setFirst(rows: A): void {
    const { width } = this;
    for (let row = 0; row * width < rows.length; row += 1 << this.#bits) {
      const chunk = this.#chunkOf(row);
      chunk.set(rows.subarray(row * width, row * width + chunk.length) as A & Uint8Array);
    }
  }

  #chunkOf(row: number): A {
    const index = row >>> this.#bits;
    const found = this.#chunks[index];
    if (found !== undefined) return found;
    const rows = Math.min(1 << this.#bits, this.#capacity - index * (1 << this.#bits));
    const made = new this.#type(rows * this.width);
    this.#chunks[index] = made;
    return made;
  }
}

function copyNumbers(from: Numbers, begin: number, to: Numbers, at: number, count: number): void {
  if (count < FEW) for (let j = 0; j < count; j++) to[at + j] = from[begin + j]!;
  else to.set(from.subarray(begin, begin + count), at);
}

/** k/255 in float32, as an image's bytes are seen by a policy. */
const SHARES = Float32Array.from({ length: 256 }, (_, k) => k / 255);

/** Rows of observations: in float32, or in bytes where every number is k/255 for a whole number k from 0 to 255. Both are exact. */
export class ObservationRows {
  readonly #rows: GrowingRows<Float32Array | Uint8Array>;
  /** A row in bytes. */
  readonly #bytes: Uint8Array | undefined;

  constructor(width: number, capacity: number, bytes: boolean) {
    this.#rows = new GrowingRows<Float32Array | Uint8Array>(bytes ? Uint8Array : Float32Array, width, capacity);
    this.#bytes = bytes ? new Uint8Array(width) : undefined;
  }

  /** The first number of row `at` of `from` that cannot be kept, undefined if there is none. */
  misfit(from: Float32Array, at: number): number | undefined {
    if (this.#bytes === undefined) return undefined;
    const { width } = this.#rows;
    for (let j = at * width; j < (at + 1) * width; j++) if (SHARES[byteOf(from[j]!)] !== from[j]) return from[j];
    return undefined;
  }

  /** Copies row `row` into row `at` of `into`. */
  read(row: number, into: Float32Array, at: number): void {
    const bytes = this.#bytes;
    if (bytes === undefined) {
      this.#rows.read(row, into, at);
      return;
    }
    this.#rows.read(row, bytes, 0);
    const begin = at * bytes.length;
    for (let j = 0; j < bytes.length; j++) into[begin + j] = SHARES[bytes[j]!]!;
  }

  /** Copies row `at` of `from`, which has no misfit, into row `row`. @throws {RangeError} if there is no memory for it */
  write(row: number, from: Float32Array, at: number): void {
    const bytes = this.#bytes;
    if (bytes === undefined) {
      this.#rows.write(row, from, at);
      return;
    }
    const begin = at * bytes.length;
    for (let j = 0; j < bytes.length; j++) bytes[j] = byteOf(from[begin + j]!);
    this.#rows.write(row, bytes, 0);
  }

  /** The first `count` rows as they are kept. */
  first(count: number): Float32Array | Uint8Array {
    return this.#rows.first(count);
  }

  /** Sets the first rows, as {@link first} gave them. @throws {RangeError} if there is no memory for them */
  setFirst(rows: Float32Array | Uint8Array): void {
    this.#rows.setFirst(rows);
  }

  /** The rows of these numbers, one after the other, as they are kept. */
  gathered(rows: readonly number[]): Float32Array | Uint8Array {
    const { width } = this.#rows;
    const all = new (this.#bytes ? Uint8Array : Float32Array)(rows.length * width);
    rows.forEach((row, at) => {
      this.#rows.read(row, all, at);
    });
    return all;
  }
}

/** k of k/255. */
function byteOf(share: number): number {
  return Math.round(share * 255);
}
