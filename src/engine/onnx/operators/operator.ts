import * as tf from '@tensorflow/tfjs-core';
import { shortened, show } from '../../../options/describe.ts';
import type { Rng } from '../../../random.ts';
import type { FileAttribute, FileTensor } from '../read.ts';

/** An operator of the standard as a function of tfjs tensors: one output, or several. */
export type Operator = (call: OperatorCall) => tf.Tensor | readonly tf.Tensor[];
/** Operators by their names in the standard. */
export type Operators = Readonly<Record<string, Operator>>;

/** Numbers of all tensors of a run together, and products of two numbers, for each row of its inputs. */
const MOST_NUMBERS = 1 << 26;
const MOST_PRODUCTS = 0x80000000;

/** What a run may cost: a file of some bytes can ask for any sizes. */
export class Budget {
  #numbers: number;
  #products: number;

  /** @param rows of the inputs */
  constructor(rows: number) {
    this.#numbers = rows * MOST_NUMBERS;
    this.#products = rows * MOST_PRODUCTS;
  }

  /** Takes a tensor into account before it is made. @throws if the run has become too large */
  claim(shape: readonly number[], productsEach = 1): void {
    const size = shape.reduce((product, n) => product * n, 1);
    this.#numbers -= size;
    this.#products -= size * productsEach;
    if (this.#numbers >= 0 && this.#products >= 0) return;
    const what = this.#numbers < 0 ? `${MOST_NUMBERS} numbers` : `${MOST_PRODUCTS} products`;
    throw new Error(`with its result of shape [${shape}] a row costs more than ${what}`);
  }
}

/** One use of an operator: its inputs, its attributes, and what it may draw and cost. */
export class OperatorCall {
  readonly opset: number;
  /** How many outputs are wanted. */
  readonly outputs: number;
  readonly rng: Rng;
  readonly budget: Budget;
  readonly #inputs: readonly (tf.Tensor | undefined)[];
  readonly #attributes: ReadonlyMap<string, FileAttribute>;

  constructor(
    inputs: readonly (tf.Tensor | undefined)[],
    attributes: ReadonlyMap<string, FileAttribute>,
    run: { readonly opset: number; readonly outputs: number; readonly rng: Rng; readonly budget: Budget },
  ) {
    this.#inputs = inputs;
    this.#attributes = attributes;
    this.opset = run.opset;
    this.outputs = run.outputs;
    this.rng = run.rng;
    this.budget = run.budget;
  }

  /** All inputs. @throws if one is left out */
  get inputs(): tf.Tensor[] {
    return this.#inputs.map((_, i) => this.input(i));
  }

  /** @throws if it is left out */
  input(index: number): tf.Tensor {
    const found = this.#inputs[index];
    if (found === undefined) throw new Error(`it has no input ${index}`);
    return found;
  }

  optional(index: number): tf.Tensor | undefined {
    return this.#inputs[index];
  }

  /** The integers of an input that says how to compute, as a shape does. @throws if they depend on what is computed */
  integers(index: number): number[] {
    return Array.from(valuesOf(this.input(index), index));
  }

  /** {@link integers} of an input that may be left out, or of the attribute that older sets of operators have in its place. */
  integersOr(index: number, attribute: string): number[] | undefined {
    return this.#inputs[index] === undefined ? this.ints(attribute) : this.integers(index);
  }

  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  #attribute<T extends FileAttribute>(name: string, is: (value: FileAttribute) => value is T, what: string) {
    const value = this.#attributes.get(name);
    if (value === undefined || is(value)) return value;
    throw new Error(`attribute ${shortened(name)}: got ${show(value)}, expected ${what}`);
  }

  number<Default extends number | undefined>(name: string, usual: Default): number | Default {
    return this.#attribute(name, (value) => typeof value === 'number', 'a number') ?? usual;
  }

  /** @throws if it is left out */
  needed(name: string): number {
    const value = this.number(name, undefined);
    if (value === undefined) throw new Error(`it has no attribute ${name}`);
    return value;
  }

  text(name: string, usual: string): string {
    return this.#attribute(name, (value) => typeof value === 'string', 'a text') ?? usual;
  }

  ints(name: string): number[] | undefined {
    const isInts = (value: FileAttribute): value is readonly number[] =>
      Array.isArray(value) && value.every((each) => typeof each === 'number');
    const value = this.#attribute(name, isInts, 'numbers');
    return value && [...value];
  }

  texts(name: string): readonly string[] | undefined {
    const isTexts = (value: FileAttribute): value is readonly string[] =>
      Array.isArray(value) && value.every((each) => typeof each === 'string');
    return this.#attribute(name, isTexts, 'texts');
  }

  tensor(name: string): FileTensor | undefined {
    const isTensor = (value: FileAttribute): value is FileTensor => typeof value === 'object' && 'dtype' in value;
    return this.#attribute(name, isTensor, 'a tensor');
  }

  /** The shape of two broadcast against each other, taken into account. @throws if they do not fit */
  broadcast(a: readonly number[], b: readonly number[]): number[] {
    const shape = tf.backend_util.assertAndGetBroadcastShape([...a], [...b]);
    this.budget.claim(shape);
    return shape;
  }
}

/** @throws if the values depend on what is computed */
export function valuesOf(tensor: tf.Tensor, index: number): tf.TypedArray {
  try {
    return tensor.dataSync();
  } catch {
    throw new Error(`input ${index} depends on the values of others, expected one of shapes and constants alone`);
  }
}

/** A tensor of a file, as a constant. */
export function constantOf({ shape, dtype, data }: FileTensor): tf.Tensor {
  return tf.tensor(data, [...shape], dtype);
}

/** An axis that is not negative. @throws if it is none of `rank` */
export function axisOf(axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  throw new Error(`the axis ${axis} is none of ${rank}`);
}

/** Axes that are not negative, each once; all where none is named. @throws as {@link axisOf}, and for one that is named twice */
export function axesOf(axes: readonly number[] | undefined, rank: number): number[] {
  const found = axes?.map((axis) => axisOf(axis, rank)) ?? Array.from({ length: rank }, (_, i) => i);
  if (new Set(found).size < found.length) throw new Error(`the axes ${axes} have one twice`);
  return found;
}
