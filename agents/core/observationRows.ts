/** Arrays that rows may be kept in. */
type Numbers = Float32Array | Int32Array | Uint8Array;

type ArrayOf<A extends Numbers> = (new (length: number) => A) & { readonly BYTES_PER_ELEMENT: number };

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
  readonly #type: ArrayOf<A>;
  readonly #capacity: number;
  readonly #chunks: (A | undefined)[] = [];
  /** A chunk has 2^bits rows. */
  readonly #bits: number;

  constructor(type: ArrayOf<A>, width: number, capacity: number) {
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

  /** The first `count` rows as they are kept, one after the other. */
  first(count: number): A {
    const rows = new this.#type(count * this.width);
    for (let row = 0; row < count; row += 1 << this.#bits) {
      rows.set(this.#chunkOf(row).subarray(0, (count - row) * this.width), row * this.width);
    }
    return rows;
  }

  /**
   * Sets the first rows, as {@link first} returned them.
   * @param name what they are, as errors name it
   * @throws if these are not `count` rows; {RangeError} if there is no memory for them
   */
  setFirst(rows: A, count: number, name: string): void {
    const { width } = this;
    if (!(rows instanceof this.#type && rows.length === count * width)) {
      const got = `${rows?.constructor.name} of ${rows?.length} numbers`;
      throw new Error(`${name}: got ${got}, expected a ${this.#type.name} of ${count} rows of ${width}`);
    }
    for (let row = 0; row * width < rows.length; row += 1 << this.#bits) {
      const chunk = this.#chunkOf(row);
      chunk.set(rows.subarray(row * width, row * width + chunk.length) as A & Uint8Array);
    }
  }

  /** These rows as they are kept, one after the other. */
  gathered(rows: Int32Array): A {
    const { width } = this;
    const all = new this.#type(rows.length * width);
    for (const [at, row] of rows.entries()) {
      const begin = (row & ((1 << this.#bits) - 1)) * width;
      all.set(this.#chunks[row >>> this.#bits]!.subarray(begin, begin + width) as A & Uint8Array, at * width);
    }
    return all;
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

/** k/255 in float32, as a policy sees the bytes of an image. */
const SHARES = Float32Array.from({ length: 256 }, (_, k) => k / 255);

/** Rows of numbers k/255, k a whole number from 0 to 255, each kept as the byte k. Exact. */
export class ByteRows extends GrowingRows<Uint8Array> {
  readonly #row: Uint8Array;

  constructor(width: number, capacity: number) {
    super(Uint8Array, width, capacity);
    this.#row = new Uint8Array(width);
  }

  override read(row: number, into: Float32Array, at: number): void {
    super.read(row, this.#row, 0);
    const begin = at * this.width;
    for (let j = 0; j < this.width; j++) into[begin + j] = SHARES[this.#row[j]!]!;
  }

  /** @throws if a number is no k/255 */
  override write(row: number, from: Float32Array, at: number): void {
    for (let j = 0; j < this.width; j++) {
      const share = from[at * this.width + j]!;
      const byte = Math.round(share * 255);
      if (SHARES[byte] !== share) {
        throw new Error(
          `got ${share} in an observation, expected k/255 with whole numbers k from 0 to 255, as its space says`,
        );
      }
      this.#row[j] = byte;
    }
    super.write(row, this.#row, 0);
  }
}
