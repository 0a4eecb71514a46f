import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Module } from '../module.ts';
import { count } from '../options/fields.ts';
import { parseOptions } from '../options/parse.ts';
import { activationFunction, Dense } from './dense.ts';
import { orthogonal } from './initializers.ts';
import { layerOptions, outputScale, widths } from './mlp.ts';
import { checkNumbers } from './sizes.ts';
import { split, unitSlices } from './tensors.ts';

export const orderSchema = z
  .union([z.enum(['natural', 'reversed']), z.array(z.int()).readonly()])
  .default('natural')
  .describe('in which order numbers follow one another; from first to last, from last to first, or their indices');

/** In which order numbers follow one another: from first to last, from last to first, or their indices, the first one first. */
export type Order = z.output<typeof orderSchema>;

const madeOptions = z.strictObject({
  ...layerOptions,
  hidden: widths,
  features: count(1, 'inputs that stand for one number', 'inputs'),
  outputs: z.int().positive().describe('outputs that belong to one number'),
  order: orderSchema,
  outputScale,
});

/** Options of {@link Made}. */
export type MadeOptions = z.input<typeof madeOptions>;

/**
 * A masked multilayer perceptron whose outputs for a number depend on the numbers before it, and on the context, alone:
 * h ← activation(h (W ⊙ M) + b) with M of zeros and ones.
 *
 * Each unit has a degree, from how many numbers it may depend on, and M is 1 where a unit's degree is at most that of the unit
 * that sees it: 0 for the context, p + 1 for the number at position p, p for its outputs. Hidden units have degrees that rise
 * evenly from 0, or 1 where there is no context, to dim − 1.
 *
 * Feature f of number i is input f · dim + i; the context comes after them. Output p of number i is at p · dim + i.
 *
 * Germain et al., "MADE: Masked Autoencoder for Distribution Estimation", arXiv:1502.03509.
 */
export class Made extends Module {
  readonly layers: readonly Dense[];
  /** The index of the number at each position. */
  readonly order: readonly number[];
  readonly #dim: number;
  readonly #contextDim: number;
  readonly #features: number;
  readonly #outputs: number;
  readonly #activation: (x: tf.Tensor) => tf.Tensor;
  /** The degrees of the inputs, of each hidden layer's units and of the outputs. */
  readonly #degrees: readonly (readonly number[])[];
  readonly #masks: readonly Float32Array[];

  /** @throws if a size is no positive integer, the order no permutation of 0 … dim − 1, or the activation unknown */
  constructor(options: MadeOptions) {
    super();
    const parsed = parseOptions('Made', madeOptions, options);
    const { dim, contextDim, features, outputs, order, hidden, activation, outputScale, rng } = parsed;
    this.#dim = dim;
    this.#contextDim = contextDim;
    this.#features = features;
    this.#outputs = outputs;
    this.#activation = activationFunction(activation);
    checkNumbers(Math.max(dim * features + contextDim, ...hidden, outputs * dim));
    this.order = indices(dim, order);
    const positions = Array.from({ length: dim }, (_, i) => this.order.indexOf(i));
    const least = contextDim > 0 ? 0 : Math.min(1, dim - 1);
    this.#degrees = [
      [
        ...Array.from({ length: features }, () => positions.map((position) => position + 1)).flat(),
        ...new Array<number>(contextDim).fill(0),
      ],
      ...hidden.map((width) =>
        Array.from({ length: width }, (_, k) => least + Math.floor(((k + 0.5) * (dim - least)) / width)),
      ),
      Array.from({ length: outputs }, () => positions).flat(),
    ];
    this.layers = this.#degrees.slice(1).map(
      (degrees, i) =>
        new Dense({
          inputDim: this.#degrees[i]!.length,
          outputDim: degrees.length,
          rng: rng.split(`layer${i}`),
          kernelInitializer: orthogonal(i < hidden.length ? Math.SQRT2 : outputScale),
        }),
    );
    this.#masks = this.#degrees
      .slice(1)
      .map((seers, i) =>
        Float32Array.from(this.#degrees[i]!.flatMap((seen) => seers.map((seer) => Number(seen <= seer)))),
      );
  }

  /**
   * The outputs for all numbers.
   * @param x `[batch, features · dim]`
   * @param context `[batch, contextDim]`, absent where `contextDim` is 0
   * @returns `[batch, outputs · dim]`
   */
  apply(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    const last = this.layers.length - 1;
    let h = context === undefined ? x : tf.concat([x, context], 1);
    this.layers.forEach(({ kernel, bias }, i) => {
      const masked = tf.mul(kernel, tf.tensor(this.#masks[i]!, kernel.shape));
      const sums = tf.add(tf.matMul(h, masked), bias!);
      h = i < last ? this.#activation(sums) : sums;
    });
    return h;
  }

  /**
   * The outputs number by number, where each number is made from its outputs. A unit is computed as soon as all that it depends on is
   * there, so that all numbers together take the arithmetic of one {@link apply}, and less: nothing is multiplied with a mask's 0.
   *
   * @param batch how many rows
   * @param context `[batch, contextDim]`, absent where `contextDim` is 0
   * @param next from the index of a number and its outputs `[batch, outputs]` to its features `[batch, features]`; called in order
   */
  unroll(batch: number, context: tf.Tensor | undefined, next: (index: number, outputs: tf.Tensor) => tf.Tensor): void {
    const last = this.layers.length - 1;
    const columns = this.layers.map((_, i) => (i < last ? this.#hiddenColumns(i) : this.#outputColumns(i)));
    const known: (tf.Tensor | undefined)[] = this.layers.map(() => undefined);
    let added = context;
    this.order.forEach((index, degree) => {
      columns.forEach((byDegree, i) => {
        if (added !== undefined) known[i] = known[i] === undefined ? added : tf.concat([known[i], added], 1);
        const column = byDegree.get(degree);
        added = column && this.#sums(known[i], column, batch);
        if (added !== undefined && i < last) added = this.#activation(added);
      });
      added = next(index, added!);
    });
  }

  /** The sums over the known inputs, which come first among a kernel's rows. */
  #sums(known: tf.Tensor | undefined, { kernel, bias }: Column, batch: number): tf.Tensor {
    if (known === undefined) return tf.add(tf.zeros([batch, bias.size]), bias);
    const rows = known.shape[1]!;
    const part = rows === kernel.shape[0] ? kernel : tf.slice(kernel, [0, 0], [rows, kernel.shape[1]!]);
    return tf.add(tf.matMul(known, part), bias);
  }

  /** A layer's kernel with its rows in the order in which they become known. */
  #kernel(layer: number): tf.Tensor {
    const { kernel } = this.layers[layer]!;
    if (layer > 0) return kernel;
    const width = kernel.shape[1]!;
    const own = this.#features * this.#dim;
    const [numbers, context] = split(kernel, this.#contextDim > 0 ? [own, this.#contextDim] : [own], 0);
    const rows = unstack(tf.reshape(numbers!, [this.#features, this.#dim, width]), 1);
    const inOrder = this.order.map((index) => rows[index]!);
    return tf.concat(context === undefined ? inOrder : [context, ...inOrder], 0);
  }

  /** Units of one degree lie side by side. */
  #hiddenColumns(layer: number): Map<number, Column> {
    const degrees = this.#degrees[layer + 1]!;
    const present = [...new Set(degrees)];
    const sizes = present.map((degree) => degrees.filter((other) => other === degree).length);
    const kernels = split(this.#kernel(layer), sizes, 1);
    const biases = split(this.layers[layer]!.bias!, sizes, 0);
    return new Map(present.map((degree, i) => [degree, { kernel: kernels[i]!, bias: biases[i]! }]));
  }

  #outputColumns(layer: number): Map<number, Column> {
    const kernel = this.#kernel(layer);
    const kernels = unstack(tf.reshape(kernel, [kernel.shape[0]!, this.#outputs, this.#dim]), 2);
    const biases = unstack(tf.reshape(this.layers[layer]!.bias!, [this.#outputs, this.#dim]), 1);
    return new Map(this.order.map((index, position) => [position, { kernel: kernels[index]!, bias: biases[index]! }]));
  }
}

/** A layer's part for the units of one degree. */
interface Column {
  readonly kernel: tf.Tensor;
  readonly bias: tf.Tensor;
}

function unstack(x: tf.Tensor, axis: number): tf.Tensor[] {
  return unitSlices(x, axis).map((piece) => tf.squeeze(piece, [axis]));
}

function indices(dim: number, order: Order): readonly number[] {
  const natural = Array.from({ length: dim }, (_, i) => i);
  if (order === 'natural') return natural;
  if (order === 'reversed') return natural.toReversed();
  if (order.length !== dim || natural.some((i) => !order.includes(i))) {
    throw new Error(`Made: got [${order}], expected an order of the indices 0 … ${dim - 1}`);
  }
  return order;
}
