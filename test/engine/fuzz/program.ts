import * as tf from '@tensorflow/tfjs-core';
import { Rng } from '../../../src/random.ts';

export type Dtype = 'float32' | 'int32' | 'bool';

/** An input of a program: numbers drawn from a seed, some of them replaced. */
export interface Input {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly seed: number;
  /** Floats are drawn from N(0, scale²). */
  readonly scale: number;
  readonly replaced: readonly (readonly [place: number, number: number])[];
  /** A variable of the state, not an argument. */
  readonly isVariable: boolean;
}

/** What is wrong with a call: another tensor, or a number that is so much more, in the place of an argument, counted through all. */
export interface Mistake {
  readonly place: number;
  readonly by: number;
}

/** One operation. Each pick decides one thing: which tensor, which axis, … */
export interface Step {
  readonly operation: string;
  readonly picks: readonly number[];
  readonly mistake?: Mistake | undefined;
}

export interface Program {
  readonly inputs: readonly Input[];
  /** A step that finds no fitting tensor is left out, so every list of steps is a program. */
  readonly steps: readonly Step[];
  /** Also gives the gradients of a weighted sum of its outputs; then it assigns to no variable. */
  readonly takesGradient: boolean;
}

/** A tensor that the program makes itself. */
export class Literal {
  readonly values: readonly number[];
  readonly shape: readonly number[];
  readonly dtype: Dtype;

  constructor(values: readonly number[], shape: readonly number[], dtype: Dtype) {
    this.values = values;
    this.shape = shape;
    this.dtype = dtype;
  }

  tensor(): tf.Tensor {
    return tf.tensor(this.values as number[], this.shape as number[], this.dtype);
  }
}

/** A call of a function of tfjs; `assign` is the variable's, `unroll` a recurrent network's. */
export interface Call {
  readonly fn: string;
  readonly args: readonly unknown[];
}

export function valuesOf({ dtype, shape, seed, scale, replaced }: Input): number[] {
  const rng = new Rng(seed);
  const size = tf.util.sizeFromShape([...shape]);
  const draw = {
    float32: () => Math.fround(scale * rng.normal()),
    int32: () => rng.integer(-5, 6),
    bool: () => rng.integer(0, 2),
  }[dtype];
  const values = Array.from({ length: size }, draw);
  for (const [place, number] of size > 0 ? replaced : []) values[place % size] = number;
  return values;
}

export function tensorOf(input: Input): tf.Tensor {
  return tf.tensor(valuesOf(input), [...input.shape], input.dtype);
}
