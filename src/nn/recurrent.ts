import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Module } from '../module.ts';
import { checkArgument, parseOptions } from '../options/parse.ts';
import { type Rng, rngSchema } from '../random.ts';
import { Dense } from './dense.ts';
import { orthogonal } from './initializers.ts';
import { split } from './tensors.ts';

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
 * sequence, each with the state that the last one gave. They cannot be differentiated once more. Kernels are orthogonal, biases 0 but for the
 * one that an LSTM forgets by.
 */
export abstract class RecurrentNetwork extends Module {
  readonly inputDim: number;
  readonly units: number;
  /** How many numbers the state of a sequence has. */
  readonly stateDim: number;
  /** What all gates see of an input, for all steps at once. */
  readonly input: Dense;
  /** How many gates each piece has of what {@link steps} sees of the inputs. */
  readonly #pieces: readonly number[];

  /** @param parts how many times `units` numbers a state has */
  protected constructor(name: string, options: RecurrentOptions, parts: number, pieces: readonly number[]) {
    super();
    this.#pieces = pieces;
    const gates = pieces.reduce((sum, piece) => sum + piece, 0);
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
    const batch = state.shape[0]!;
    const time = inputs.shape[0]! / batch;
    const widths = this.#pieces.map((gates) => gates * this.units);
    const biases = split(this.input.bias!, widths, 0);
    const seen = split(this.input.kernel, widths, 1).map((kernel, i) => tf.add(tf.matMul(inputs, kernel), biases[i]!));
    const keeps = begins && tf.reshape(tf.sub(1, begins), [time * batch, 1]);
    return this.steps(seen, state, keeps, time);
  }

  /**
   * @param seen by piece, `[time · batch, gates · units]`: what its gates see of the inputs
   * @param keeps `[time · batch, 1]`, what the state before a step is multiplied by
   */
  protected abstract steps(seen: tf.Tensor[], state: tf.Tensor, keeps: tf.Tensor | undefined, time: number): Remembered;

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
    const isWhole = rows > 0 && rows % state.shape[0]! === 0;
    if (inputs.rank !== 2 || width !== inputDim || inputs.dtype !== 'float32' || !isWhole) {
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

/** What a policy remembers by: a {@link RecurrentNetwork}, or another module that does the same. */
export type Memory = Module & Pick<RecurrentNetwork, 'inputDim' | 'units' | 'stateDim' | 'unroll' | 'another'>;

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

/** The steps of `[time · batch, n]`, each `[batch, n]`. */
const stepsOf = (x: tf.Tensor, time: number): tf.Tensor[] => split(x, Array(time).fill(x.shape[0]! / time), 0);
const joined = (steps: tf.Tensor[]): tf.Tensor => (steps.length === 1 ? steps[0]! : tf.concat(steps, 0));
const beside = (...parts: tf.Tensor[]): tf.Tensor => tf.concat(parts, 1);
/** 1 − y², the slope of y = tanh x. */
const tanhSlope = (y: tf.Tensor): tf.Tensor => tf.sub(1, tf.square(y));

// Sigmoids are ½ tanh(½ x) + ½ here: exact to 1e-7, and a fraction of the time of one that has all its digits near 0 too.
//
// Gradients of the two networks with a recurrent kernel are written out. Differentiation would make half as many operations again, and at each
// step a product for that kernel, where one does for all. A gate s = σ(p) multiplies some v: where the slope by s v is d, that by v is d s, and
// that by p is (d − d s) s v, in which only the difference is new.

type Six = [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
type Nine = [...Six, tf.Tensor, tf.Tensor, tf.Tensor];

/** What `forward` gives, with gradients by `inputs` from `backward`, which gets what `forward` saved. */
function withBackward(
  inputs: tf.Tensor[],
  forward: (save: tf.GradSaveFunc) => tf.Tensor,
  backward: (slopes: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[],
): tf.Tensor {
  return tf.customGrad((...args) => ({
    value: forward(args.at(-1) as unknown as tf.GradSaveFunc),
    gradFunc: backward,
  }))(...inputs);
}

/**
 * A gated recurrent unit: with r, z = σ(W x + U h + b),
 *
 *     n = tanh(W_n x + b_n + r ⊙ U_n h),  h ← n + z ⊙ (h − n).
 *
 * The state is h, which is the output too. The reset r comes behind the product with U_n, as in cuDNN, so that no product waits for it.
 *
 * Cho et al., "Learning Phrase Representations using RNN Encoder–Decoder for Statistical Machine Translation", arXiv:1406.1078.
 */
export class Gru extends RecurrentNetwork {
  /** `[units, 3 · units]`: of r, z and n. */
  readonly recurrent: Dense;

  /** @throws if a dimension is no positive integer */
  constructor(options: RecurrentOptions) {
    super('Gru', options, 1, [2, 1]);
    const { units } = this;
    this.recurrent = gatesOf(units, units, 3, { rng: options.rng.split('recurrent'), bias: false });
  }

  protected steps(seen: tf.Tensor[], state: tf.Tensor, keeps: tf.Tensor | undefined, time: number): Remembered {
    const [ofGates, ofCandidate] = seen as [tf.Tensor, tf.Tensor];
    const { kernel } = this.recurrent;
    const sizes = [2 * this.units, this.units];

    const forward = (save: tf.GradSaveFunc) => {
      const [gatesKernel, candidateKernel] = tf.split(kernel, sizes, 1) as [tf.Tensor, tf.Tensor];
      const halfKernel = tf.mul(gatesKernel, 0.5);
      const x = stepsOf(tf.mul(ofGates, 0.5), time);
      const xn = stepsOf(ofCandidate, time);
      const kept = keeps && stepsOf(keeps, time);
      const outputs: tf.Tensor[] = [];
      const needed: tf.Tensor[] = [];
      for (let t = 0; t < time; t++) {
        const last = outputs[t - 1] ?? state;
        const h = kept === undefined ? last : tf.mul(last, kept[t]!);
        const gates = tf.add(tf.mul(tf.tanh(tf.add(tf.matMul(h, halfKernel), x[t]!)), 0.5), 0.5);
        const [r, z] = tf.split(gates, 2, 1) as [tf.Tensor, tf.Tensor];
        const past = tf.mul(r, tf.matMul(h, candidateKernel));
        const n = tf.tanh(tf.add(xn[t]!, past));
        const rest = tf.mul(z, tf.sub(h, n));
        outputs.push(tf.add(n, rest));
        needed.push(h, r, z, past, n, rest, ...(kept === undefined ? [] : [kept[t]!]));
      }
      save([kernel, ...needed]);
      return joined(outputs);
    };

    const backward = (slopes: tf.Tensor, [kernel, ...needed]: tf.Tensor[]) => {
      const given = stepsOf(slopes, time);
      const perStep = needed.length / time;
      const hs: tf.Tensor[] = [];
      const byN: tf.Tensor[] = [];
      const byPast: tf.Tensor[] = [];
      let byH: tf.Tensor | undefined;
      for (let t = time - 1; t >= 0; t--) {
        const [h, r, z, past, n, rest, keep] = needed.slice(t * perStep, (t + 1) * perStep) as [...Six, tf.Tensor?];
        const by: tf.Tensor = byH === undefined ? given[t]! : tf.add(byH, given[t]!);
        const byZ = tf.mul(by, z);
        const goes = tf.sub(by, byZ);
        byN[t] = tf.mul(goes, tanhSlope(n));
        const byR = tf.mul(byN[t]!, r);
        byPast[t] = beside(tf.mul(tf.sub(byN[t]!, byR), past), tf.mul(goes, rest), byR);
        byH = tf.add(tf.matMul(byPast[t]!, kernel!, false, true), byZ);
        if (keep !== undefined) byH = tf.mul(byH, keep);
        hs[t] = h;
      }
      const all = joined(byPast);
      return [tf.split(all, sizes, 1)[0]!, joined(byN), byH!, tf.matMul(joined(hs), all, true)];
    };

    const outputs = withBackward([ofGates, ofCandidate, state, kernel], forward, backward);
    return { outputs, state: stepsOf(outputs, time).at(-1)!, states: outputs };
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
    super('Lstm', options, 2, [4]);
    const { units } = this;
    this.recurrent = gatesOf(units, units, 4, { rng: options.rng.split('recurrent'), bias: false });
    const bias = Float32Array.from({ length: 4 * units }, (_, k) => Number(k >= units && k < 2 * units));
    tf.tidy(() => this.input.bias!.assign(tf.tensor1d(bias)));
  }

  protected steps([seen]: tf.Tensor[], state: tf.Tensor, keeps: tf.Tensor | undefined, time: number): Remembered {
    const { units } = this;
    const { kernel } = this.recurrent;

    const forward = (save: tf.GradSaveFunc) => {
      // One tanh for all gates: what makes σ of it, and leaves g.
      const perGate = (ofSigmoid: number, ofTanh: number) =>
        tf.tensor1d(Float32Array.from({ length: 4 * units }, (_, k) => (k < 3 * units ? ofSigmoid : ofTanh)));
      const [scale, shift] = [perGate(0.5, 1), perGate(0.5, 0)];
      const scaledKernel = tf.mul(kernel, scale);
      const x = stepsOf(tf.mul(seen!, scale), time);
      const kept = keeps && stepsOf(keeps, time);
      const outputs: tf.Tensor[] = [];
      const cells: tf.Tensor[] = [];
      const needed: tf.Tensor[] = [];
      let [h, c] = tf.split(state, 2, 1) as [tf.Tensor, tf.Tensor];
      for (let t = 0; t < time; t++) {
        if (kept !== undefined) [h, c] = [tf.mul(h, kept[t]!), tf.mul(c, kept[t]!)];
        const gates = tf.add(tf.mul(tf.tanh(tf.add(tf.matMul(h, scaledKernel), x[t]!)), scale), shift);
        const [i, f, o, g] = tf.split(gates, 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        const [old, added] = [tf.mul(f, c), tf.mul(i, g)];
        c = tf.add(old, added);
        const y = tf.tanh(c);
        const output = tf.mul(o, y);
        needed.push(h, i, f, o, g, old, added, y, output, ...(kept === undefined ? [] : [kept[t]!]));
        outputs.push(output);
        cells.push(c);
        h = output;
      }
      save([kernel, ...needed]);
      return joined([...outputs, ...cells]);
    };

    const backward = (slopes: tf.Tensor, [kernel, ...needed]: tf.Tensor[]) => {
      const given = stepsOf(slopes, 2 * time);
      const perStep = needed.length / time;
      const hs: tf.Tensor[] = [];
      const byPast: tf.Tensor[] = [];
      let byC: tf.Tensor | undefined;
      let byH: tf.Tensor | undefined;
      for (let t = time - 1; t >= 0; t--) {
        const step = needed.slice(t * perStep, (t + 1) * perStep);
        const [h, i, f, o, g, old, added, y, output, keep] = step as [...Nine, tf.Tensor?];
        byH = byH === undefined ? given[t]! : tf.add(byH, given[t]!);
        byC = byC === undefined ? given[time + t]! : tf.add(byC, given[time + t]!);
        const byO = tf.mul(byH, o);
        byC = tf.add(byC, tf.mul(byO, tanhSlope(y)));
        const byF = tf.mul(byC, f);
        const byI = tf.mul(byC, i);
        byPast[t] = beside(
          tf.mul(tf.sub(byC, byI), added),
          tf.mul(tf.sub(byC, byF), old),
          tf.mul(tf.sub(byH, byO), output),
          tf.mul(byI, tanhSlope(g)),
        );
        byH = tf.matMul(byPast[t]!, kernel!, false, true);
        byC = byF;
        if (keep !== undefined) [byH, byC] = [tf.mul(byH, keep), tf.mul(byC, keep)];
        hs[t] = h;
      }
      const all = joined(byPast);
      return [all, beside(byH!, byC!), tf.matMul(joined(hs), all, true)];
    };

    // h and c after each step.
    const all = withBackward([seen!, state, kernel], forward, backward);
    const [outputs, cells] = tf.split(all, 2, 0) as [tf.Tensor, tf.Tensor];
    const last = [outputs, cells].map((steps) => stepsOf(steps, time).at(-1)!);
    return { outputs, state: beside(...last), states: beside(outputs, cells) };
  }
}

/**
 * A minimal gated recurrent unit, whose gate and candidate do not see the state: with z = σ(W x + b),
 *
 *     h ← (1 − z) ⊙ h + z ⊙ (W_n x + b_n).
 *
 * The state is h, which is the output too. No product waits for a step: all are made at once, and a step is a multiplication and a sum.
 *
 * Feng et al., "Were RNNs All We Needed?", arXiv:2410.01201.
 */
export class MinGru extends RecurrentNetwork {
  /** @throws if a dimension is no positive integer */
  constructor(options: RecurrentOptions) {
    super('MinGru', options, 1, [1, 1]);
  }

  protected steps(seen: tf.Tensor[], state: tf.Tensor, keeps: tf.Tensor | undefined, time: number): Remembered {
    const [gate, candidate] = seen as [tf.Tensor, tf.Tensor];
    const z = tf.add(tf.mul(tf.tanh(tf.mul(gate, 0.5)), 0.5), 0.5);
    const added = stepsOf(tf.mul(z, candidate), time);
    const stays = stepsOf(keeps === undefined ? tf.sub(1, z) : tf.mul(keeps, tf.sub(1, z)), time);
    const outputs: tf.Tensor[] = [];
    for (let t = 0; t < time; t++) outputs.push(tf.add(tf.mul(stays[t]!, outputs[t - 1] ?? state), added[t]!));
    const states = joined(outputs);
    return { outputs: states, state: outputs.at(-1)!, states };
  }
}
