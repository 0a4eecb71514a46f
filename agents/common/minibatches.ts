import type { Rng } from '../../src/index.ts';

/** A column of a data set: `[rows · width]`, row by row; without a width one number a row. */
export interface Column {
  readonly values: Float32Array;
  readonly width?: number;
}

/** Minibatches of the rows of a data set, drawn without replacement; the last short one of an epoch is dropped. */
export class Minibatches<Name extends string> {
  readonly #columns: readonly Required<Column>[];
  readonly #count: number;
  readonly #batchSize: number;
  readonly #batches: readonly Float32Array[];
  readonly #named: Readonly<Record<Name, Float32Array>>;

  /** @param count rows, of which each column has that many */
  constructor(columns: Readonly<Record<Name, Column>>, { count, batchSize }: { count: number; batchSize: number }) {
    this.#count = count;
    this.#batchSize = batchSize;
    this.#columns = Object.values<Column>(columns).map(({ values, width = 1 }) => ({ values, width }));
    this.#batches = this.#columns.map(({ width }) => new Float32Array(batchSize * width));
    const names = Object.keys(columns) as Name[];
    this.#named = Object.fromEntries(names.map((name, i) => [name, this.#batches[i]])) as Record<Name, Float32Array>;
  }

  /** The numbers of the rows of each minibatch of one epoch, in a new random order. */
  *epoch(rng: Rng): Generator<Int32Array, void, undefined> {
    const order = rng.permutation(this.#count);
    for (let start = 0; start + this.#batchSize <= order.length; start += this.#batchSize) {
      yield order.subarray(start, start + this.#batchSize);
    }
  }

  /** The rows as arrays, `[batch · width]`, which the next call uses again. */
  gather(rows: Int32Array): Readonly<Record<Name, Float32Array>> {
    for (let c = 0; c < this.#columns.length; c++) {
      const { values, width } = this.#columns[c]!;
      const batch = this.#batches[c]!;
      let to = 0;
      for (let i = 0; i < rows.length; i++) {
        const from = rows[i]! * width;
        for (let j = 0; j < width; j++) batch[to++] = values[from + j]!;
      }
    }
    return this.#named;
  }
}
