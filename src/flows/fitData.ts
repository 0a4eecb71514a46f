import * as tf from '@tensorflow/tfjs-core';
import { ShiftScale } from '../bijectors/shiftScale.ts';
import { Module } from '../module.ts';
import { show } from '../options/describe.ts';
import { portableMath } from '../portableMath.ts';
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
    throw new Error(`${owner}: got ${got}, expected ${wanted} for a flow of contextDim ${contextDim}`);
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
      `${owner}: got ${context.length / contextDim} and ${count}, expected as many rows of context as events`,
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
  if (contextDim === 0) throw new Error(`${owner}: got one, expected no context for a flow of contextDim 0`);
  const context = numbersOf(`${owner}: context`, rows as Rows, contextDim);
  const given = context.length / contextDim;
  if (given === count) return context;
  if (given !== 1) throw new Error(`${owner}: got ${given}, expected 1 or ${count} rows of context`);
  return Float32Array.from({ length: count * contextDim }, (_, i) => context[i % contextDim]!);
}

/** Rows in plain numbers, row by row. @throws if their width does not fit, there are none, or a number is not finite */
export function numbersOf(what: string, rows: Rows, width: number): Float32Array {
  const fail = (got: string): never => {
    throw new Error(`${what}: got ${got}, expected rows of ${width} numbers`);
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

/** Half the distance of 1 from the next float32: no number near m holds what is smaller than |m| times it. */
const RESOLUTION = 2 ** -24;
/** Below it 1 / scale, or its product with a number, may be no float32. */
const LEAST = 2 ** -100;

/** The sizes of a flow whose data are standardized. */
interface StandardizedSizes {
  readonly dim: number;
  readonly contextDim: number;
  readonly angles: boolean;
}

/**
 * Between data in their units and in standard ones, number by number: x = mean + deviation · z, of events and of contexts. It is no part
 * of what is trained. Angles stay as they are: a scale would tear them at ±π.
 */
export class Standardization extends Module {
  /** z → x, absent for angles. */
  readonly events: ShiftScale | undefined;
  /** Absent without a context. */
  readonly context: ShiftScale | undefined;

  /** The identity. */
  constructor({ dim, contextDim, angles }: StandardizedSizes) {
    super();
    this.events = angles ? undefined : unscaled(dim);
    this.context = contextDim === 0 ? undefined : unscaled(contextDim);
  }

  /** Takes the units of the contexts of a data set. */
  fitContext({ context }: Columns): void {
    assign(this.context, (size) => {
      const { mean, deviation } = momentsOf(context, size);
      // A context that did not vary tells nothing, and must not count for much where it varies later.
      return { mean, scale: deviation.map((each, i) => (each > floorAt(mean[i]!) ? each : 1)) };
    });
  }

  /** Takes the units of the events of a data set. */
  fitEvents({ events }: Columns): void {
    assign(this.events, (size) => standardOf(events, size));
  }
}

function unscaled(size: number): ShiftScale {
  const filled = (value: number) => tf.tidy(() => tf.variable(tf.fill([size], value), false));
  return new ShiftScale({ shift: filled(0), scale: filled(1) });
}

function assign(map: ShiftScale | undefined, standard: (size: number) => Standard): void {
  if (map === undefined) return;
  const { mean, scale } = standard((map.shift as tf.Variable).size);
  tf.tidy(() => {
    (map.shift as tf.Variable).assign(tf.tensor1d(Float32Array.from(mean)));
    (map.scale as tf.Variable).assign(tf.tensor1d(Float32Array.from(scale)));
  });
}

interface Standard {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

/** Mean and deviation of each column, which is at least what float32 resolves there, and 1 where all numbers are 0. */
function standardOf(events: Float32Array, dim: number): Standard {
  const { mean, deviation } = momentsOf(events, dim);
  const scale = deviation.map((each, i) => {
    const least = Math.max(each, floorAt(mean[i]!));
    return least > LEAST ? least : 1;
  });
  return { mean, scale };
}

function floorAt(mean: number): number {
  return Math.max(Math.abs(mean) * RESOLUTION, LEAST);
}

/** Mean and standard deviation of each column of `[rows · width]`. */
function momentsOf(values: Float32Array, width: number): { mean: Float64Array; deviation: Float64Array } {
  const rows = values.length / width;
  const mean = new Float64Array(width);
  for (let i = 0; i < values.length; i++) mean[i % width]! += values[i]! / rows;
  const variance = new Float64Array(width);
  for (let i = 0; i < values.length; i++) {
    const apart = values[i]! - mean[i % width]!;
    variance[i % width]! += (apart * apart) / rows;
  }
  return { mean, deviation: variance.map(Math.sqrt) };
}

/** What is added to the correlations' diagonal: columns that depend on one another get a finite density. */
const RIDGE = 1e-6;

/**
 * The mean of −log p of rows, nats, under the normal distribution with mean and covariance of others: ½ dim log 2π + ½ log det Σ + ½ (x − μ)ᵀ Σ⁻¹ (x − μ),
 * in float64.
 */
export function gaussianLossOn(rows: Float32Array, of: Float32Array, dim: number): number {
  const { mean, scale } = standardOf(of, dim);
  const standardized = (values: Float32Array, row: number, z: Float64Array) => {
    for (let i = 0; i < dim; i++) z[i] = (values[row * dim + i]! - mean[i]!) / scale[i]!;
  };
  const z = new Float64Array(dim);
  const count = of.length / dim;
  // The lower half of the correlations, then of L, of which they are L Lᵀ.
  const factor = new Float64Array(dim * dim);
  for (let row = 0; row < count; row++) {
    standardized(of, row, z);
    for (let i = 0; i < dim; i++) for (let j = 0; j < i; j++) factor[i * dim + j]! += (z[i]! * z[j]!) / count;
  }
  let constant = 0.5 * dim * portableMath.log(2 * Math.PI);
  for (let i = 0; i < dim; i++) {
    factor[i * dim + i] = 1 + RIDGE;
    for (let j = 0; j <= i; j++) {
      let sum = factor[i * dim + j]!;
      for (let k = 0; k < j; k++) sum -= factor[i * dim + k]! * factor[j * dim + k]!;
      factor[i * dim + j] = i === j ? Math.sqrt(sum) : sum / factor[j * dim + j]!;
    }
    constant += portableMath.log(factor[i * dim + i]! * scale[i]!);
  }
  let squares = 0;
  for (let row = 0; row < rows.length / dim; row++) {
    standardized(rows, row, z);
    for (let i = 0; i < dim; i++) {
      for (let j = 0; j < i; j++) z[i]! -= factor[i * dim + j]! * z[j]!;
      z[i]! /= factor[i * dim + i]!;
      squares += z[i]! * z[i]!;
    }
  }
  return constant + (0.5 * squares * dim) / rows.length;
}
