import type * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Adam, type Optimizer } from '../engine/optimizers.ts';
import { linearSchedule, type Schedule } from '../engine/schedule.ts';
import type { Module, StateDict } from '../module.ts';
import { count, positive } from '../options/fields.ts';
import { type Rng, rngSchema } from '../random.ts';

/** A learning rate, a clip, …: a number, a straight line from the first number to the last, or a function of the share that is done. */
export type Rate = number | { readonly linear: readonly [first: number, last: number] } | Schedule;

/** What a {@link Rate} may be, as errors say it. */
export const RATES = 'a number ≥ 0, { linear: [first, last] }, or a function of the share of the training that is done';

/** A {@link Rate}. */
export const rateSchema = z
  .custom<Rate>((value) => typeof value === 'function' || isRate(value) || isLinear(value), RATES)
  .meta({ type: 'Rate' });

/**
 * The rate when `share` of the training is done.
 * @param name whose rate it is, as errors name it: `Ppo: learningRate`
 * @throws if a schedule gives something else than a number ≥ 0
 */
export function rateAt(name: string, rate: Rate, share: number): number {
  if (typeof rate === 'number') return rate;
  if (typeof rate === 'object') return linearSchedule(...rate.linear)(share);
  const value = rate(share);
  if (!isRate(value)) throw new Error(`${name}: the schedule gave ${value} at ${share}, expected a number ≥ 0`);
  return value;
}

function isRate(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0;
}

function isLinear(value: unknown): boolean {
  const { linear, ...others } = (value ?? {}) as { linear?: unknown };
  return Array.isArray(linear) && linear.length === 2 && linear.every(isRate) && Object.keys(others).length === 0;
}

/** Options of everything that is learned by one gradient step after the other. */
export const gradientOptions = {
  steps: z.int().positive().meta({ description: 'how long, from the beginning', unit: 'updates' }),
  rng: rngSchema.describe('streams all randomness'),
  batchSize: count(256, 'rows, or samples, of an update', 'rows'),
  learningRate: rateSchema.default(1e-3).describe('learning rate; may change over the training'),
  optimizer: z
    .custom<(parameters: tf.Variable[]) => Optimizer>((value) => typeof value === 'function', 'a function')
    .default(() => (parameters: tf.Variable[]) => new Adam(parameters))
    .describe('from the parameters to what updates them; by default Adam'),
  maxGradientNorm: positive(10, 'largest global norm of the gradient'),
  reportEvery: count(100, 'updates from one report to the next', 'updates'),
};

/** A column of a data set: `[rows · width]`, row by row; without a width one number a row. */
interface Column {
  readonly values: Float32Array;
  readonly width?: number;
  /** Whether it has `width` numbers for each row, or for each sequence of rows. */
  readonly each?: 'row' | 'sequence';
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
  readonly #length: number;
  readonly #lanes: number;
  /** The rows of the drawn sequences, step by step. */
  readonly #rows: Int32Array;
  readonly #batches: readonly Float32Array[];
  readonly #named: Readonly<Record<Name, Float32Array>>;
  #order = new Int32Array(0);
  #taken = 0;

  /**
   * @param options `count` rows, of which each column has that many; `length` rows each that are drawn together, a divisor of `count` and
   *   `batchSize`, 1 by default, where a row is followed by the one `lanes` further on
   */
  constructor(
    columns: { readonly [N in Name]?: Column },
    { count, batchSize, length = 1, lanes = 1 }: { count: number; batchSize: number; length?: number; lanes?: number },
  ) {
    this.#count = count / length;
    this.#batchSize = batchSize / length;
    this.#length = length;
    this.#lanes = lanes;
    this.#rows = new Int32Array(batchSize);
    this.#columns = Object.values<Column>(columns as Readonly<Record<Name, Column>>).map(
      ({ values, width = 1, each = 'row' }) => ({
        values,
        width,
        each,
      }),
    );
    this.#batches = this.#columns.map(
      ({ width, each }) => new Float32Array((each === 'row' ? batchSize : this.#batchSize) * width),
    );
    const names = Object.keys(columns) as Name[];
    this.#named = Object.fromEntries(names.map((name, i) => [name, this.#batches[i]])) as Record<Name, Float32Array>;
  }

  /** The numbers of the rows, or of the sequences, of each minibatch of one epoch, in a new random order. */
  *epoch(rng: Rng): Generator<Int32Array, void, undefined> {
    const order = rng.permutation(this.#count);
    for (let start = 0; start + this.#batchSize <= order.length; start += this.#batchSize) {
      yield order.subarray(start, start + this.#batchSize);
    }
  }

  /** Whether {@link next} begins an epoch. */
  get isAtEnd(): boolean {
    return this.#taken + this.#batchSize > this.#order.length;
  }

  /** The numbers of the rows of one minibatch after the other, epoch after epoch, without end. */
  next(rng: Rng): Int32Array {
    if (this.isAtEnd) this.#begin(rng.permutation(this.#count));
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

  /** The rows as arrays, `[batch · width]`, which the next call uses again; of sequences the first steps of all, then the second ones, and so on. */
  gather(drawn: Int32Array): Readonly<Record<Name, Float32Array>> {
    const stepwise = this.#length === 1 ? drawn : this.#rowsOf(drawn);
    for (let c = 0; c < this.#columns.length; c++) {
      const { values, width, each } = this.#columns[c]!;
      const rows = each === 'row' ? stepwise : drawn;
      const batch = this.#batches[c]!;
      let to = 0;
      for (let i = 0; i < rows.length; i++) {
        const from = rows[i]! * width;
        for (let j = 0; j < width; j++) batch[to++] = values[from + j]!;
      }
    }
    return this.#named;
  }

  #rowsOf(sequences: Int32Array): Int32Array {
    const [length, lanes, rows] = [this.#length, this.#lanes, this.#rows];
    for (let i = 0; i < sequences.length; i++) {
      const [block, lane] = [Math.floor(sequences[i]! / lanes), sequences[i]! % lanes];
      for (let t = 0; t < length; t++) rows[t * sequences.length + i] = (block * length + t) * lanes + lane;
    }
    return rows;
  }
}

/** Weights from before a training diverged. Those that a finite loss has been seen with are good; those it began with are taken for it. */
export class LastGoodWeights {
  readonly #module: Module;
  #good: { step: number; weights: StateDict };
  #latest: { step: number; weights: StateDict };

  constructor(module: Module) {
    this.#module = module;
    this.#good = this.#latest = { step: 0, weights: module.stateDict() };
  }

  /** Takes note of the weights after `step` updates, of which nothing is known yet. */
  note(step: number): void {
    this.#latest = { step, weights: this.#module.stateDict() };
  }

  /** The loss of an update after the noted weights is finite, so they are good. */
  confirm(): void {
    this.#good = this.#latest;
  }

  /** Gives the module the last good weights. @returns the updates that they had */
  restore(): number {
    this.#module.loadStateDict(this.#good.weights);
    return this.#good.step;
  }
}

/**
 * A loss or gradient stopped being a number, though the data are: the step and the quantity are in the message. An update
 * has then gone too far, and a smaller rate makes it shorter; Adam's steps hardly depend on the gradient's scale.
 */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';

  /**
   * @param restored the updates after which the weights were those that are there again, if they are
   * @param advice what usually helps
   */
  constructor(
    owner: string,
    step: number,
    quantity: string,
    value: number,
    restored?: number,
    advice = 'a smaller learningRate usually helps',
  ) {
    const again = restored === undefined ? '' : `the weights are those of step ${restored} again; `;
    super(`${owner}: ${quantity} is ${value} at step ${step}; ${again}${advice}`);
  }
}
