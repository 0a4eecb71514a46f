import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Module } from '../module.ts';
import { checkArgument, parseOptions } from '../options/parse.ts';
import { type Rng, rngSchema } from '../random.ts';
import { Dense } from './dense.ts';
import { orthogonal } from './initializers.ts';
import { repeatRows, split } from './tensors.ts';

const recurrentOptions = z.strictObject({
  inputDim: z.int().positive().describe('how many numbers an input has'),
  units: z.int().positive().describe('how many numbers the output of a step has'),
  rng: rngSchema.describe('streams the initial weights'),
});

/** Options of a {@link RecurrentNetwork}. */
export type RecurrentOptions = z.input<typeof recurrentOptions>;

/** The recurrent networks by name. */
export const memories = {
  gru: (options: RecurrentOptions): RecurrentNetwork => new Gru(options),
  lstm: (options: RecurrentOptions): RecurrentNetwork => new Lstm(options),
  'min-gru': (options: RecurrentOptions): RecurrentNetwork => new MinGru(options),
};
export const memoryNames = Object.keys(memories) as (keyof typeof memories)[];

/** What a {@link RecurrentNetwork} reads: `time` steps of `batch` sequences, step by step. */
export interface Sequences {
  /** `[time · batch, inputDim]`: row t · batch + b is step t of sequence b. */
  readonly inputs: tf.Tensor;
  /** `[batch, stateDim]`, before the first step. */
  readonly state: tf.Tensor;
  /** `[time · batch]`, 1 where a step is the first of an episode, which begins with a state of 0, else 0; no step is unless given. */
  readonly begins?: tf.Tensor | undefined;
}

/** What a {@link RecurrentNetwork} makes of {@link Sequences}. */
export interface Remembered {
  /** `[time · batch, units]` */
  readonly outputs: tf.Tensor;
  /** `[batch, stateDim]`, after the last step. */
  readonly state: tf.Tensor;
  /** `[time · batch, stateDim]`, after each step. */
  readonly states: tf.Tensor;
}

/**
 * A network with a memory: outputs of a step depend on that step's input and on a state, which holds what mattered before. The state is one
 * row of numbers for each sequence, 0 where an episode begins.
 *
 * Gradients go back through all steps of one call (backpropagation through time), and into `state`; cut the past off by calls on pieces of a
 * sequence, each with the state that the last one gave. Kernels are orthogonal, biases 0 but for the one that an LSTM forgets by.
 */
export abstract class RecurrentNetwork extends Module {
  readonly inputDim: number;
  readonly units: number;
  /** How many numbers the state of a sequence has. */
  readonly stateDim: number;
  /** What all gates see of an input, for all steps at once. */
  readonly input: Dense;

  protected constructor(name: string, options: RecurrentOptions, { gates, parts }: { gates: number; parts: number }) {
    super();
    const { inputDim, units, rng } = parseOptions(name, recurrentOptions, options);
    this.inputDim = inputDim;
    this.units = units;
    this.stateDim = parts * units;
    this.input = gatesOf(inputDim, units, gates, { rng: rng.split('input'), bias: true });
  }

  /** One of the same form with weights of its own, for networks beside the policy. */
  another(rng: Rng): RecurrentNetwork {
    const { inputDim, units } = this;
    return new (this.constructor as new (options: RecurrentOptions) => RecurrentNetwork)({ inputDim, units, rng });
  }

  /**
   * All steps, one after the other.
   * @throws if shapes do not fit
   */
  unroll(sequences: Sequences): Remembered {
    const { inputs, state, begins } = this.#checked(sequences);
    const seen = this.input.apply(inputs);
    const batch = state.shape[0]!;
    const time = inputs.shape[0]! / batch;
    const keeps = begins && tf.reshape(tf.sub(1, begins), [time * batch, 1]);
    return this.steps(seen, state, keeps, time);
  }

  /**
   * @param seen `[time · batch, gates · units]`, the inputs of all gates
   * @param keeps `[time · batch, 1]`, what the state before a step is multiplied by
   */
  protected abstract steps(seen: tf.Tensor, state: tf.Tensor, keeps: tf.Tensor | undefined, time: number): Remembered;

  #checked(sequences: Sequences): Sequences {
    const where = `${this.constructor.name}.unroll`;
    checkArgument(where, 'sequences', sequences, Object);
    const { inputs, state, begins } = sequences;
    checkArgument(where, 'inputs', inputs, tf.Tensor);
    checkArgument(where, 'state', state, tf.Tensor);
    const { inputDim, stateDim } = this;
    if (state.rank !== 2 || state.shape[1] !== stateDim || state.dtype !== 'float32') {
      throw new Error(`${where}: state: got ${shown(state)}, expected float32 [batch, ${stateDim}]`);
    }
    const [rows = 0, width] = inputs.shape;
    if (inputs.rank !== 2 || width !== inputDim || inputs.dtype !== 'float32' || rows % state.shape[0]! !== 0) {
      throw new Error(
        `${where}: inputs: got ${shown(inputs)}, expected float32 [time · ${state.shape[0]}, ${inputDim}], step by step`,
      );
    }
    if (begins === undefined) return sequences;
    checkArgument(where, 'begins', begins, tf.Tensor);
    if (begins.rank !== 1 || begins.size !== rows || begins.dtype !== 'float32') {
      throw new Error(`${where}: begins: got ${shown(begins)}, expected float32 [${rows}]`);
    }
    return sequences;
  }
}

const shown = ({ dtype, shape }: tf.Tensor): string => `${dtype} of shape [${shape}]`;

/** One linear map for several gates: the kernel of each is orthogonal. */
function gatesOf(inputDim: number, units: number, gates: number, options: { rng: Rng; bias: boolean }): Dense {
  return new Dense({
    ...options,
    inputDim,
    outputDim: gates * units,
    kernelInitializer: (fanIn, _, rng) => {
      const kernels = Array.from({ length: gates }, () => orthogonal()(fanIn, units, rng));
      return Float32Array.from({ length: fanIn * gates * units }, (_, k) => {
        const [row, column] = [Math.floor(k / (gates * units)), k % (gates * units)];
        return kernels[Math.floor(column / units)]![row * units + (column % units)]!;
      });
    },
  });
}

/** Steps one after the other, each by the state that the last one gave. */
function inTurn(
  { seen, state, keeps, time }: { seen: tf.Tensor; state: tf.Tensor; keeps: tf.Tensor | undefined; time: number },
  step: (seen: tf.Tensor, state: tf.Tensor) => { readonly outputs: tf.Tensor; readonly state: tf.Tensor },
): Remembered {
  const batch = state.shape[0]!;
  const rows = (x: tf.Tensor, t: number): tf.Tensor => (time === 1 ? x : tf.slice(x, [t * batch, 0], [batch, -1]));
  const outputs: tf.Tensor[] = [];
  const states: tf.Tensor[] = [];
  let last = state;
  for (let t = 0; t < time; t++) {
    const before = keeps === undefined ? last : tf.mul(last, rows(keeps, t));
    const after = step(rows(seen, t), before);
    outputs.push(after.outputs);
    states.push(after.state);
    last = after.state;
  }
  const [all, after] = [outputs, states].map((steps) => (time === 1 ? steps[0]! : tf.concat(steps, 0)));
  return { outputs: all!, state: last, states: after! };
}

/**
 * A gated recurrent unit: with r, z = σ(W x + U h + b),
 *
 *     n = tanh(W_n x + b_n + r ⊙ U_n h),  h ← n + z ⊙ (h − n).
 *
 * The state is h, which is the output too. The reset r comes behind the product with U_n, as in cuDNN, so that one product does for all gates.
 *
 * Cho et al., "Learning Phrase Representations using RNN Encoder–Decoder for Statistical Machine Translation", arXiv:1406.1078.
 */
export class Gru extends RecurrentNetwork {
  /** `[units, 3 · units]`: of r, z and n. */
  readonly recurrent: Dense;

  /** @throws if a dimension is no positive integer */
  constructor(options: RecurrentOptions) {
    super('Gru', options, { gates: 3, parts: 1 });
    const { units } = this;
    this.recurrent = gatesOf(units, units, 3, { rng: options.rng.split('recurrent'), bias: false });
  }

  protected steps(seen: tf.Tensor, state: tf.Tensor, keeps: tf.Tensor | undefined, time: number): Remembered {
    const sizes = [2 * this.units, this.units];
    return inTurn({ seen, state, keeps, time }, (seen, h) => {
      const [x, xn] = tf.split(seen, sizes, 1) as [tf.Tensor, tf.Tensor];
      const [u, un] = tf.split(this.recurrent.apply(h), sizes, 1) as [tf.Tensor, tf.Tensor];
      const [r, z] = tf.split(tf.sigmoid(tf.add(x, u)), 2, 1) as [tf.Tensor, tf.Tensor];
      const n = tf.tanh(tf.add(xn, tf.mul(r, un)));
      const next = tf.add(n, tf.mul(z, tf.sub(h, n)));
      return { outputs: next, state: next };
    });
  }
}

/**
 * A long short-term memory: with i, f, o = σ(W x + U h + b) and g = tanh(W_g x + U_g h + b_g),
 *
 *     c ← f ⊙ c + i ⊙ g,  h ← o ⊙ tanh c.
 *
 * The state is h and c, one after the other; the output is h. The bias of f is 1 at first: it begins by remembering.
 *
 * Hochreiter & Schmidhuber, "Long Short-Term Memory", 1997; Gers, Schmidhuber & Cummins, "Learning to Forget", 2000.
 */
export class Lstm extends RecurrentNetwork {
  /** `[units, 4 · units]`: of i, f, o and g. */
  readonly recurrent: Dense;

  /** @throws if a dimension is no positive integer */
  constructor(options: RecurrentOptions) {
    super('Lstm', options, { gates: 4, parts: 2 });
    const { units } = this;
    this.recurrent = gatesOf(units, units, 4, { rng: options.rng.split('recurrent'), bias: false });
    const bias = Float32Array.from({ length: 4 * units }, (_, k) => Number(k >= units && k < 2 * units));
    tf.tidy(() => this.input.bias!.assign(tf.tensor1d(bias)));
  }

  protected steps(seen: tf.Tensor, state: tf.Tensor, keeps: tf.Tensor | undefined, time: number): Remembered {
    const { units } = this;
    return inTurn({ seen, state, keeps, time }, (seen, state) => {
      const [h, c] = tf.split(state, 2, 1) as [tf.Tensor, tf.Tensor];
      const all = tf.add(seen, this.recurrent.apply(h));
      const [gates, g] = tf.split(all, [3 * units, units], 1) as [tf.Tensor, tf.Tensor];
      const [i, f, o] = tf.split(tf.sigmoid(gates), 3, 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
      const nextC = tf.add(tf.mul(f, c), tf.mul(i, tf.tanh(g)));
      const nextH = tf.mul(o, tf.tanh(nextC));
      return { outputs: nextH, state: tf.concat([nextH, nextC], 1) };
    });
  }
}

/**
 * A minimal gated recurrent unit, whose gate and candidate do not see the state: with z = σ(W x + b),
 *
 *     h ← (1 − z) ⊙ h + z ⊙ (W_n x + b_n).
 *
 * The state is h, which is the output too. It is linear in h, so that log₂ time rounds do for all steps (Hillis & Steele's scan).
 *
 * Feng et al., "Were RNNs All We Needed?", arXiv:2410.01201.
 */
export class MinGru extends RecurrentNetwork {
  /** @throws if a dimension is no positive integer */
  constructor(options: RecurrentOptions) {
    super('MinGru', options, { gates: 2, parts: 1 });
  }

  protected steps(seen: tf.Tensor, state: tf.Tensor, keeps: tf.Tensor | undefined, time: number): Remembered {
    const batch = state.shape[0]!;
    const [gate, candidate] = split(seen, [this.units, this.units], 1) as [tf.Tensor, tf.Tensor];
    const z = tf.sigmoid(gate);
    // hₜ = aₜ hₜ₋₁ + bₜ, of which a step over 2k steps is one over k after another.
    let a = keeps === undefined ? tf.sub(1, z) : tf.mul(keeps, tf.sub(1, z));
    let b = tf.mul(z, candidate);
    for (let k = 1; k < time; k *= 2) {
      const late = (x: tf.Tensor) => tf.slice(x, [k * batch, 0], [(time - k) * batch, -1]);
      const [before, beforeB] = [a, b].map((x) => tf.slice(x, [0, 0], [(time - k) * batch, -1])) as [
        tf.Tensor,
        tf.Tensor,
      ];
      const first = (x: tf.Tensor) => tf.slice(x, [0, 0], [k * batch, -1]);
      b = tf.concat([first(b), tf.add(tf.mul(late(a), beforeB), late(b))], 0);
      a = tf.concat([first(a), tf.mul(late(a), before)], 0);
    }
    const outputs = tf.add(tf.mul(a, repeatRows(state, time * batch)), b);
    const last = time === 1 ? outputs : tf.slice(outputs, [(time - 1) * batch, 0], [batch, -1]);
    return { outputs, state: last, states: outputs };
  }
}
