import * as tf from '@tensorflow/tfjs-core';
import type { Bijector } from '../bijectors/bijector.ts';
import { sumLogDet } from '../bijectors/bijector.ts';
import { Categorical } from '../distributions/categorical.ts';
import { MultivariateNormalDiag } from '../distributions/multivariateNormal.ts';
import type { OnnxGraph } from '../engine/graphFromOnnx.ts';
import { Module } from '../module.ts';
import type { Memory, Remembered, Sequences } from '../nn/recurrent.ts';
import type { Rng } from '../random.ts';
import { type ChoiceSpace, choicesOf } from '../spaces/plain.ts';
import { ActionSamples, DiscreteActions, SquashedDistribution } from './actionDistributions.ts';
import type { ActedAction } from './actor.ts';
import { type ActionDistribution, Policy } from './policy.ts';

/** What an input of a file gets: `batch` rows of this shape, laid along an axis of it. */
export interface OnnxInput {
  readonly input: string;
  /** Without the axis of the batch. */
  readonly shape: readonly number[];
  /** Of the batch; undefined where there is none. */
  readonly axis: number | undefined;
}

/** What each input of a file is. */
export interface OnnxRoles {
  /** What an input sees of observations: `[batch, observationDim]` → `[batch, …shape]`. */
  readonly observations: readonly (OnnxInput & { readonly see: (observations: tf.Tensor) => tf.Tensor })[];
  /** What is remembered, and the output that gives it after a step. */
  readonly state: readonly (OnnxInput & { readonly output: string })[];
  readonly noise: readonly (OnnxInput & { readonly kind: 'normal' | 'uniform' })[];
  /** Inputs that are one number everywhere. */
  readonly fill: readonly (OnnxInput & { readonly value: number })[];
}

/** What the outputs of a file are, by their names. */
export type OnnxHead =
  | { readonly kind: 'action'; readonly action: string }
  | {
      readonly kind: 'gaussian';
      readonly mean: string;
      readonly logStd: string | readonly number[];
      readonly isStd: boolean;
    }
  | { readonly kind: 'logits'; readonly logits: string }
  | { readonly kind: 'values'; readonly values: string };

/** What an {@link OnnxPolicy} is made of. */
export interface OnnxPolicyOptions {
  readonly graph: OnnxGraph;
  readonly roles: OnnxRoles;
  readonly head: OnnxHead;
  readonly observationDim: number;
  readonly actionDim: number;
  /** Where actions are choices. */
  readonly actions: ChoiceSpace | undefined;
  /** From the numbers of the file to actions, where they are no choices. */
  readonly squash: Bijector;
  /** Whether the file draws noise for what the head is made of. */
  readonly isNoisy: boolean;
  /** Whether the file takes one row at a time. */
  readonly isSingle: boolean;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Rows with the axis of the batch where the input has it. */
function laid(rows: tf.Tensor, { shape, axis }: OnnxInput): tf.Tensor {
  if (axis === undefined) return tf.reshape(rows, [...shape]);
  const whole = tf.reshape(rows, [rows.shape[0]!, ...shape]);
  if (axis === 0) return whole;
  const order = shape.map((_, i) => i + 1);
  order.splice(axis, 0, 0);
  return tf.transpose(whole, order);
}

/** The inverse of {@link laid}: `[batch, size]`. */
function rowsOf(value: tf.Tensor, { axis }: OnnxInput): tf.Tensor {
  if (axis === undefined) return tf.reshape(tf.cast(value, 'float32'), [1, -1]);
  const others = value.shape.map((_, i) => i).filter((i) => i !== axis);
  const turned = axis === 0 ? value : tf.transpose(value, [axis, ...others]);
  return tf.reshape(tf.cast(turned, 'float32'), [value.shape[axis]!, -1]);
}

/** The graph of a file with the roles of its inputs, on rows of observations and states. */
class Rows extends Module {
  readonly graph: OnnxGraph;
  readonly #roles: OnnxRoles;
  readonly #isSingle: boolean;

  constructor({ graph, roles, isSingle }: Pick<OnnxPolicyOptions, 'graph' | 'roles' | 'isSingle'>) {
    super();
    this.graph = graph;
    this.#roles = roles;
    this.#isSingle = isSingle;
  }

  get stateDim(): number {
    return this.#roles.state.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  }

  /** `names` of the outputs for rows, without noise where no rng is given. */
  outputs(seen: tf.Tensor, state: tf.Tensor | undefined, names: readonly string[], rng?: Rng): tf.Tensor[] {
    if (!this.#isSingle || seen.shape[0] === 1) return this.#together(seen, state, names, rng);
    const row = (x: tf.Tensor, i: number) => tf.slice(x, [i, 0], [1, -1]);
    const each = Array.from({ length: seen.shape[0]! }, (_, i) =>
      this.#together(row(seen, i), state && row(state, i), names, rng),
    );
    return names.map((_, i) => tf.concat(each.map((outputs) => tf.reshape(outputs[i]!, [1, -1]))));
  }

  /** The state after a step, `[batch, stateDim]`. */
  next(seen: tf.Tensor, state: tf.Tensor): tf.Tensor {
    const { state: parts } = this.#roles;
    const names = parts.map(({ output }) => output);
    const values = this.outputs(seen, state, names);
    // Of one row at a time they are rows already.
    const isApart = this.#isSingle && seen.shape[0] !== 1;
    return tf.concat(
      values.map((value, i) => (isApart ? value : rowsOf(value, parts[i]!))),
      1,
    );
  }

  #together(seen: tf.Tensor, state: tf.Tensor | undefined, names: readonly string[], rng?: Rng): tf.Tensor[] {
    const { observations, state: parts, noise, fill } = this.#roles;
    const batch = seen.shape[0]!;
    const inputs: Record<string, tf.Tensor> = {};
    for (const role of observations) inputs[role.input] = laid(role.see(seen), role);
    let at = 0;
    for (const role of parts) {
      const size = sizeOf(role.shape);
      inputs[role.input] = laid(tf.slice(state!, [0, at], [-1, size]), role);
      at += size;
    }
    const whole = (role: OnnxInput) => (role.axis === undefined ? [...role.shape] : [batch, ...role.shape]);
    for (const role of fill) inputs[role.input] = laid(tf.fill(whole(role), role.value), role);
    for (const role of noise) {
      // Without an rng nothing that is wanted depends on it.
      const drawn = rng?.[`${role.kind}Tensor`](whole(role)) ?? tf.zeros(whole(role));
      inputs[role.input] = laid(drawn, role);
    }
    const results = this.graph.run(inputs, rng, names);
    return names.map((name) => results[name]!);
  }
}

/** What a file remembers: its outputs are what a step has seen, and the state before it. */
class RowsMemory extends Module implements Memory {
  readonly inputDim: number;
  readonly units: number;
  readonly stateDim: number;
  readonly rows: Rows;

  constructor(rows: Rows, inputDim: number) {
    super();
    this.rows = rows;
    this.inputDim = inputDim;
    this.stateDim = rows.stateDim;
    this.units = inputDim + this.stateDim;
  }

  another(): never {
    throw new Error('policyFromOnnx: the memory of a file cannot be made anew: it acts, and is not trained');
  }

  unroll({ inputs, state: first, begins }: Sequences): Remembered {
    const batch = first.shape[0]!;
    const steps = inputs.shape[0]! / batch;
    const outputs: tf.Tensor[] = [];
    const states: tf.Tensor[] = [];
    let state = first;
    for (let t = 0; t < steps; t++) {
      const seen = tf.slice(inputs, [t * batch, 0], [batch, -1]);
      if (begins !== undefined) {
        state = tf.mul(state, tf.expandDims(tf.sub(1, tf.slice(begins, [t * batch], [batch])), 1));
      }
      outputs.push(tf.concat([seen, state], 1));
      state = this.rows.next(seen, state);
      states.push(state);
    }
    return { outputs: tf.concat(outputs), state, states: tf.concat(states) };
  }
}

/** One action for each observation, which is its own mode. */
class FixedAction extends ActionSamples {
  readonly mode: () => tf.Tensor;

  constructor(options: Omit<ConstructorParameters<typeof ActionSamples>[0], 'draw'>, latent: tf.Tensor) {
    super({ ...options, draw: () => latent });
    this.mode = () => latent;
  }
}

/** A policy whose networks are a file's. See `policyFromOnnx`. */
export class OnnxPolicy extends Policy<ActedAction, ActionDistribution> {
  readonly featureDim: number;
  readonly actionDim: number;
  declare readonly discreteActions?: ChoiceSpace;
  readonly rows: Rows;
  readonly bijector: Bijector;
  readonly #options: OnnxPolicyOptions;

  constructor(options: OnnxPolicyOptions) {
    super();
    const { observationDim, actionDim, actions, squash } = options;
    this.#options = options;
    this.rows = new Rows(options);
    this.bijector = squash;
    this.actionDim = actionDim;
    const { stateDim } = this.rows;
    this.featureDim = observationDim + stateDim;
    if (actions !== undefined) this.discreteActions = actions;
    if (stateDim > 0) this.remember(new RowsMemory(this.rows, observationDim));
  }

  protected distribution(features: tf.Tensor): ActionDistribution {
    const { head, isNoisy } = this.#options;
    if (head.kind === 'logits') {
      const [logits] = this.#outputs(features, [head.logits]);
      const { start } = this.discreteActions as { start: number };
      return new DiscreteActions(new Categorical({ logits: this.#matrix(logits!) }), start);
    }
    if (head.kind === 'gaussian') return this.#gaussian(features, head);
    const samples = this.#samples();
    if (head.kind === 'values') {
      const [values] = this.#outputs(features, [head.values]);
      const best = tf.cast(tf.argMax(this.#matrix(values!), 1), 'float32');
      return new FixedAction(samples, tf.expandDims(best, 1));
    }
    const latent = (rng?: Rng): tf.Tensor => {
      const [action] = this.#outputs(features, [head.action], rng);
      const rows = tf.reshape(tf.cast(action!, 'float32'), [features.shape[0]!, this.actionDim]);
      return this.discreteActions === undefined ? rows : samples.unsquash(rows);
    };
    return isNoisy ? new ActionSamples({ ...samples, draw: latent }) : new FixedAction(samples, latent());
  }

  #gaussian(
    features: tf.Tensor,
    { mean, logStd, isStd }: Extract<OnnxHead, { kind: 'gaussian' }>,
  ): SquashedDistribution {
    const [loc, scale] = this.#outputs(features, typeof logStd === 'string' ? [mean, logStd] : [mean]);
    const given = scale === undefined ? tf.tensor1d([...(logStd as readonly number[])]) : this.#matrix(scale);
    const logScale = isStd ? tf.log(given) : given;
    return new SquashedDistribution(new MultivariateNormalDiag({ loc: this.#matrix(loc!), logScale }), this.bijector);
  }

  /** A file's output as rows; a vector is one row for all. */
  #matrix(output: tf.Tensor): tf.Tensor {
    return output.rank <= 1 ? tf.reshape(output, [1, -1]) : tf.reshape(output, [output.shape[0]!, -1]);
  }

  #outputs(features: tf.Tensor, names: readonly string[], rng?: Rng): tf.Tensor[] {
    const { observationDim } = this.#options;
    const { stateDim } = this.rows;
    if (stateDim === 0) return this.rows.outputs(features, undefined, names, rng);
    const [seen, state] = tf.split(features, [observationDim, stateDim], 1);
    return this.rows.outputs(seen!, state, names, rng);
  }

  /** How latent values become actions: indices of choices, or numbers of the file. */
  #samples() {
    const owner = 'policyFromOnnx';
    if (this.discreteActions !== undefined) {
      const start = () => tf.tensor1d([...choicesOf(this.discreteActions!).start]);
      return {
        owner,
        reparameterized: false,
        squash: (latent: tf.Tensor) => tf.add(latent, start()),
        unsquash: (action: tf.Tensor) => tf.sub(action, start()),
      };
    }
    const { bijector } = this;
    return {
      owner,
      reparameterized: true,
      squash: (latent: tf.Tensor) => bijector.forward(latent),
      squashLogDet: (latent: tf.Tensor) => sumLogDet(bijector.forwardLogDet(latent), bijector.eventNdims, 1),
      unsquash: (action: tf.Tensor) => bijector.inverse(action),
    };
  }
}
