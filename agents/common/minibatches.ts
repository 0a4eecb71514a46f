import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../../src/index.ts';

/** A column of a data set: `[rows · width]`, row by row; without a width one number a row. */
export interface Column {
  readonly values: Float32Array;
  readonly width?: number;
}

/** Minibatches of the rows of a data set, drawn without replacement; the last short one of an epoch is dropped. */
export class Minibatches<Name extends string> {
  readonly #columns: readonly (Column & { name: Name; batch: Float32Array; shape: number[] })[];
  readonly #count: number;
  readonly #batchSize: number;

  /** @param count rows, of which each column has that many */
  constructor(columns: Readonly<Record<Name, Column>>, { count, batchSize }: { count: number; batchSize: number }) {
    this.#count = count;
    this.#batchSize = batchSize;
    this.#columns = Object.entries<Column>(columns).map(([name, column]) => ({
      ...column,
      name: name as Name,
      batch: new Float32Array(batchSize * (column.width ?? 1)),
      shape: column.width === undefined ? [batchSize] : [batchSize, column.width],
    }));
  }

  /** The numbers of the rows of each minibatch of one epoch, in a new random order. */
  *epoch(rng: Rng): Generator<Int32Array, void, undefined> {
    const order = rng.permutation(this.#count);
    for (let start = 0; start + this.#batchSize <= order.length; start += this.#batchSize) {
      yield order.subarray(start, start + this.#batchSize);
    }
  }

  /** The rows as tensors, `[batch, width]` or `[batch]`. Their memory is used again by the next call. */
  gather(rows: Int32Array): Record<Name, tf.Tensor> {
    const tensors = this.#columns.map(({ name, values, width = 1, batch, shape }) => {
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]! * width;
        for (let j = 0; j < width; j++) batch[i * width + j] = values[row + j]!;
      }
      return [name, tf.tensor(batch, shape)];
    });
    return Object.fromEntries(tensors) as Record<Name, tf.Tensor>;
  }
}
