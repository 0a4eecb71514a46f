import { GrowingRows } from './growingRows.ts';

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
