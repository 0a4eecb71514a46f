import * as tf from '@tensorflow/tfjs-core';
import { memories, type RecurrentNetwork } from '../../../src/nn/recurrent.ts';
import { Rng } from '../../../src/random.ts';
import type { Choices } from './choices.ts';
import { type Call, Literal } from './program.ts';

type Name = keyof typeof memories;

/** All steps of a recurrent network. Its inputs, state and weights are numbers of tensors of the program, whatever shapes these have. */
export interface Unroll {
  readonly name: Name;
  readonly time: number;
  readonly batch: number;
  readonly inputDim: number;
  readonly units: number;
  readonly numbers: Readonly<Record<'inputs' | 'state' | 'kernel' | 'bias' | 'recurrent', tf.Tensor>>;
  readonly begins: tf.Tensor | undefined;
}

export function chosenUnroll(name: Name, c: Choices): Call {
  const [time, batch] = [c.int(1, 8), c.of([1, 2, 3, 17])];
  const [inputDim, units] = [c.int(1, 4), c.of([1, 2, 3, 9])];
  const numbers = (): tf.Tensor => c.float(({ size }) => size > 0);
  const begins = Array.from({ length: time * batch }, () => c.int(0, 1));
  const given = {
    ...{ name, time, batch, inputDim, units },
    numbers: { inputs: numbers(), state: numbers(), kernel: numbers(), bias: numbers(), recurrent: numbers() },
    begins: c.flag() ? new Literal(begins, [time * batch], 'float32') : undefined,
  };
  return { fn: 'unroll', args: [given] };
}

/** The numbers of a tensor in another shape, from the first on again where they are too few. */
function inShape(x: tf.Tensor, shape: number[]): tf.Tensor {
  const size = tf.util.sizeFromShape(shape);
  const flat = tf.reshape(x, [-1]);
  const enough = x.size < size ? tf.tile(flat, [Math.ceil(size / x.size)]) : flat;
  return tf.reshape(tf.slice(enough, 0, size), shape);
}

const networks = new Map<string, RecurrentNetwork>();

/** One network for each form: variables are not made within a program. */
function networkOf(name: Name, inputDim: number, units: number): RecurrentNetwork {
  const form = `${name} ${inputDim} ${units}`;
  const network = networks.get(form) ?? memories[name]({ inputDim, units, rng: new Rng(0) });
  networks.set(form, network);
  return network;
}

export function unroll({ name, time, batch, inputDim, units, numbers, begins }: Unroll): tf.Tensor[] {
  const network = networkOf(name, inputDim, units);
  const gates = network.input.kernel.shape[1]!;
  // Tensors in the place of variables: gradients go back to where they come from.
  Object.assign(network, {
    input: { kernel: inShape(numbers.kernel, [inputDim, gates]), bias: inShape(numbers.bias, [gates]) },
    recurrent: { kernel: inShape(numbers.recurrent, [units, gates]) },
  });
  const inputs = inShape(numbers.inputs, [time * batch, inputDim]);
  const made = network.unroll({ inputs, state: inShape(numbers.state, [batch, network.stateDim]), begins });
  return [...new Set([made.outputs, made.state, made.states])];
}
