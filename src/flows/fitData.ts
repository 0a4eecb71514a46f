import * as tf from '@tensorflow/tfjs-core';
import { show } from '../options/describeIssue.ts';
import type { Rng } from '../random.ts';

/** Rows of numbers: `[rows · width]` row by row, a list of rows, or a tensor `[rows, width]`. */
export type Rows = Float32Array | readonly (readonly number[])[] | tf.Tensor;

/** Events, each with its context. */
export interface EventsInContext {
  readonly events: Rows;
  readonly context: Rows;
}

/** A data set: events alone, for a flow without a context, or with theirs. */
export type DataSet = Rows | EventsInContext;

/** A data set, or what draws `size` fresh rows of one for each step. */
export type FitData = DataSet | ((rng: Rng, size: number) => DataSet);

/** The columns of a data set in plain numbers, row by row; without a context an empty one. */
export interface Columns {
  readonly events: Float32Array;
  readonly context: Float32Array;
  readonly count: number;
}

/** The parts of a data set. @throws if it has a context where the flow has none, or none where it has one */
export function partsOf(owner: string, data: DataSet, contextDim: number): { events: Rows; context?: Rows } {
  const isPair = typeof data === 'object' && data !== null && 'events' in data;
  const wantsContext = contextDim > 0;
  if (isPair !== wantsContext) {
    const wanted = wantsContext ? '{ events, context }' : 'events alone';
    const got = isPair ? 'a context, too' : isRows(data) ? 'events alone' : show(data);
    throw new Error(`${owner}: wanted ${wanted} for a flow of contextDim ${contextDim}, got ${got}`);
  }
  return isPair ? data : { events: data as Rows };
}

/**
 * Reads a data set.
 * @param owner whose data they are, as errors name it
 * @throws if the sizes do not fit the flow, there are no rows, or a number is not finite
 */
export function columnsOf(owner: string, data: DataSet, sizes: { dim: number; contextDim: number }): Columns {
  const { dim, contextDim } = sizes;
  const parts = partsOf(owner, data, contextDim);
  const events = numbersOf(`${owner}: events`, parts.events, dim);
  const count = events.length / dim;
  if (contextDim === 0) return { events, context: new Float32Array(0), count };
  const context = numbersOf(`${owner}: context`, parts.context!, contextDim);
  if (context.length / contextDim !== count) {
    throw new Error(
      `${owner}: wanted as many rows of context as events, got ${context.length / contextDim} and ${count}`,
    );
  }
  return { events, context, count };
}

/**
 * The contexts of `count` rows, from one for all of them or one for each; undefined for a flow that has none.
 * @throws if they do not fit
 */
export function contextsOf(
  owner: string,
  rows: Rows | undefined,
  contextDim: number,
  count: number,
): Float32Array | undefined {
  if (contextDim === 0 && rows === undefined) return undefined;
  if (contextDim === 0) throw new Error(`${owner}: wanted no context for a flow of contextDim 0, got one`);
  const context = numbersOf(`${owner}: context`, rows as Rows, contextDim);
  const given = context.length / contextDim;
  if (given === count) return context;
  if (given !== 1) throw new Error(`${owner}: wanted 1 or ${count} rows of context, got ${given}`);
  return Float32Array.from({ length: count * contextDim }, (_, i) => context[i % contextDim]!);
}

/** Rows in plain numbers, row by row. @throws if their width does not fit, there are none, or a number is not finite */
export function numbersOf(what: string, rows: Rows, width: number): Float32Array {
  const fail = (got: string): never => {
    throw new Error(`${what}: wanted rows of ${width} numbers, got ${got}`);
  };
  let numbers: Float32Array;
  if (rows instanceof tf.Tensor) {
    const fits = rows.dtype === 'float32' && rows.rank === 2 && rows.shape[1] === width;
    if (!fits) fail(`${rows.dtype} of shape [${rows.shape}]`);
    numbers = rows.dataSync() as Float32Array;
  } else if (rows instanceof Float32Array) {
    if (rows.length % width !== 0) fail(`${rows.length} numbers`);
    numbers = rows;
  } else {
    if (!Array.isArray(rows)) fail(show(rows));
    // By index, which does not leave out the holes of an array.
    for (let i = 0; i < rows.length; i++) {
      const row: unknown = rows[i];
      if (!isList(row)) fail(`${show(row)} in the place of row ${i}`);
      else if (row.length !== width) fail(`${row.length} in row ${i}`);
      else for (const entry of row) if (typeof entry !== 'number') fail(`${show(entry)} in row ${i}`);
    }
    numbers = Float32Array.from(rows.flatMap((row) => [...row]));
  }
  if (numbers.length === 0) fail('none');
  for (let i = 0; i < numbers.length; i++) {
    if (!Number.isFinite(numbers[i])) {
      throw new Error(`${what}: row ${Math.floor(i / width)} has ${numbers[i]}, expected finite numbers`);
    }
  }
  return numbers;
}

const isRows = (data: DataSet): boolean =>
  Array.isArray(data) || data instanceof Float32Array || data instanceof tf.Tensor;

const isList = (value: unknown): value is ArrayLike<unknown> & Iterable<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);
