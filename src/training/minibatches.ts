import type { Rng } from '../random.ts';

/** A column of a data set: `[rows · width]`, row by row; without a width one number a row. */
export interface Column {
  readonly values: Float32Array;
  readonly width?: number;
}

interface MinibatchesState {
  /** The rows of the epoch that {@link Minibatches.next} is in, in their order, and how many it has taken. */
  readonly order: Int32Array;
  readonly taken: number;
}

/** Minibatches of the rows of a data set, drawn without replacement; the last short one of an epoch is dropped. */
export class Minibatches<Name extends string> {
  readonly #columns: readonly Required<Column>[];
  readonly #count: number;
  readonly #batchSize: number;
  readonly #batches: readonly Float32Array[];
  readonly #named: Readonly<Record<Name, Float32Array>>;
  #order = new Int32Array(0);
  #taken = 0;

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

  /** The numbers of the rows of one minibatch after the other, epoch after epoch, without end. */
  next(rng: Rng): Int32Array {
    if (this.#taken + this.#batchSize > this.#order.length) this.#begin(rng.permutation(this.#count));
    this.#taken += this.#batchSize;
    return this.#order.subarray(this.#taken - this.#batchSize, this.#taken);
  }

  /** Leaves the epoch that {@link next} is in. */
  reset(): void {
    this.#begin(new Int32Array(0));
  }

  #begin(order: Int32Array<ArrayBuffer>): void {
    this.#order = order;
    this.#taken = 0;
  }

  state(): MinibatchesState {
    return { order: this.#order.slice(), taken: this.#taken };
  }

  setState({ order, taken }: MinibatchesState): void {
    if (!(order instanceof Int32Array) || ![0, this.#count].includes(order.length)) {
      throw new Error(`order: got ${order?.length} rows, expected ${this.#count}`);
    }
    this.#order = order.slice();
    this.#taken = taken;
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
