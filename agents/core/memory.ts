import * as tf from '@tensorflow/tfjs-core';
import type { ObservationEncoder, Past, Policy } from '../../src/index.ts';
import type { Memory } from '../../src/nn/recurrent.ts';
import { checkMemoryOption } from './checks.ts';
import type { TransitionTensors } from './replay.ts';
import { type Stateful, setSameLength } from './state.ts';

/** The longest sequences that are learned from unless one says so. */
const USUAL_LENGTH = 32;

/**
 * How many steps follow each other in a minibatch: 1 without a memory, else by default the most, up to 32, of which minibatches, and rollouts, are made.
 * @throws if they are not made of so many
 */
export function sequenceLengthOf(
  owner: string,
  policy: Policy,
  options: { batchSize: number; horizon?: number; sequenceLength?: number | undefined },
): number {
  const { batchSize, horizon = batchSize, sequenceLength } = options;
  checkMemoryOption(owner, policy, 'sequenceLength', sequenceLength);
  const fits = (length: number) => horizon % length === 0 && batchSize % length === 0;
  if (sequenceLength === undefined) {
    let length = policy.memory === undefined ? 1 : Math.min(USUAL_LENGTH, horizon);
    while (!fits(length)) length -= 1;
    return length;
  }
  if (fits(sequenceLength)) return sequenceLength;
  const ofHorizon = options.horizon === undefined ? '' : ` and of horizon, ${horizon}`;
  const expected = `expected a divisor of batchSize, ${batchSize}${ofHorizon}`;
  throw new Error(`${owner}: sequenceLength: got ${sequenceLength}, ${expected}`);
}

/** What networks with a memory take beside observations; in a state the policy's numbers come first, then those of the networks beside it. */
export type MemoryInputs = {
  /** `[sequences, policy.stateDim + value.stateDim]` */
  readonly state?: tf.Tensor;
  /** `[steps · sequences]` */
  readonly begins?: tf.Tensor;
};

/** The past of the policy, and that of the networks beside it; undefined where these have no memory. */
export function pastsOf(policy: Policy, { state, begins }: MemoryInputs): { policy?: Past; beside?: Past } {
  if (state === undefined) return {};
  const [ofPolicy, others] = tf.split(state, [policy.stateDim, state.shape[1]! - policy.stateDim], 1);
  return { policy: { state: ofPolicy!, begins }, beside: { state: others!, begins } };
}

/** Shapes of {@link MemoryInputs} for `steps` steps of `sequences` sequences; none without a memory. */
export function memoryShapes(stateDim: number, sequences: number, steps?: number) {
  if (stateDim === 0) return {};
  return {
    state: { shape: [sequences, stateDim] },
    ...(steps !== undefined && { begins: { shape: [steps * sequences] } }),
  };
}

interface Remembering {
  readonly memory?: Memory | undefined;
  readonly encoder?: ObservationEncoder | undefined;
}

/**
 * What networks know at a minibatch of sequences of a replay: `now`, before the observations, `next`, before what each step led to, and `after` the last
 * steps. The stored state is older than the variables; the steps of the burn-in bring it up to date, without a gradient.
 *
 * Kapturowski et al., "Recurrent Experience Replay in Distributed Reinforcement Learning", 2019.
 * @param policy sees observations as the networks do
 * @param at where their numbers begin in a state
 */
export function sequencePasts(
  { memory, encoder }: Remembering,
  policy: Policy,
  batch: TransitionTensors,
  at = 0,
): { readonly now?: Past; readonly next?: Past; readonly after?: tf.Tensor } {
  if (memory === undefined) return {};
  const inputsOf = (observations: tf.Tensor) => {
    const seen = policy.normalized(observations);
    return encoder?.apply(seen) ?? seen;
  };
  const { begins, burnInObservations, burnInBegins } = batch;
  let state = tf.slice(batch.state!, [0, at], [-1, memory.stateDim]);
  if (burnInObservations !== undefined) {
    state = memory.unroll({ inputs: inputsOf(burnInObservations), state, begins: burnInBegins }).state;
  }
  const now = { state, begins };
  const { states, state: after } = memory.unroll({ inputs: inputsOf(batch.observations), ...now });
  return { now, next: { state: states }, after };
}

/** What an agent remembers of the episodes in parallel environments, between the steps. */
export class EpisodeMemory implements Stateful {
  /** `[envs · stateDim]` */
  readonly numbers: Float32Array;
  /** `[envs]`, 1 where the next step is the first of an episode. */
  readonly begins: Float32Array;
  readonly #stateDim: number;

  constructor(envs: number, stateDim: number) {
    this.#stateDim = stateDim;
    this.numbers = new Float32Array(envs * stateDim);
    this.begins = new Float32Array(envs).fill(1);
  }

  /** All episodes begin. */
  reset(): void {
    this.numbers.fill(0);
    this.begins.fill(1);
  }

  /** Takes the state after a step. */
  set(state: ArrayLike<number> | undefined): void {
    if (state === undefined) return;
    this.numbers.set(state);
    this.begins.fill(0);
  }

  /** An episode begins in an environment. */
  begin(env: number): void {
    this.numbers.fill(0, env * this.#stateDim, (env + 1) * this.#stateDim);
    this.begins[env] = 1;
  }

  state() {
    return { numbers: this.numbers.slice(), begins: this.begins.slice() };
  }

  setState({ numbers, begins }: ReturnType<EpisodeMemory['state']>): void {
    setSameLength({ 'memory.numbers': [this.numbers, numbers], 'memory.begins': [this.begins, begins] });
  }
}
