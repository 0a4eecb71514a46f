import * as tf from '@tensorflow/tfjs-core';
import type { Module } from '../module.ts';
import type { Rng } from '../random.ts';

/** The inputs of a compiled function by name: tensors, or numbers that change from call to call (a learning rate). */
export type Inputs = Record<string, tf.Tensor | number>;
/** What the function sees: every input as a tensor, numbers as scalars. */
export type InputTensors<I extends Inputs> = { [K in keyof I]: tf.Tensor };
export type Outputs = Record<string, tf.Tensor>;

export interface CompileOptions {
  /** Appears in errors and profiles. */
  readonly name: string;
  /** The modules and optimizers whose variables the function reads or assigns. Others are an error. */
  readonly state: readonly Module[];
}

/** The compiled function. Its outputs belong to the caller, who disposes them. */
export type Compiled<I extends Inputs, O extends Outputs> = ((inputs: I, rng?: Rng) => O) & {
  /** Frees the sessions and buffers. */
  dispose(): void;
};

export function compile<I extends Inputs, O extends Outputs>(
  fn: (inputs: InputTensors<I>, rng: Rng) => O,
  _options: CompileOptions,
): Compiled<I, O> {
  const run = (inputs: I, rng?: Rng): O =>
    tf.tidy(() => {
      const tensors = Object.fromEntries(
        Object.entries(inputs).map(([name, value]) => [name, typeof value === 'number' ? tf.scalar(value) : value]),
      ) as InputTensors<I>;
      return fn(tensors, rng as Rng);
    });
  return Object.assign(run, { dispose: () => {} });
}
