import type { Episode } from '../../datasets/episode.ts';
import type { VectorStep } from '../../envs/index.ts';
import type { Rng } from '../../src/index.ts';
import type { Stateful } from './agentParts.ts';
import { GrowingRows } from './growingRows.ts';
import { ObservationRows } from './observationRows.ts';
import { Priorities, type PrioritiesState } from './priorities.ts';
import type { Transitions } from './transitions.ts';

/** The version of the state's format; 1 had the next observations beside the observations. */
const VERSION = 2;

/** How an episode went on after a transition. */
const TERMINATED = 1;
const TRUNCATED = 2;

export interface ReplayBufferOptions {
  /** Whose it is, as errors name it: `Sac`. */
  readonly owner: string;
  /** The most transitions that it holds. */
  readonly capacity: number;
  /** Transitions in a minibatch. */
  readonly batchSize: number;
  /** Parallel environments. */
  readonly numEnvs: number;
  readonly observationDim: number;
  readonly actionDim: number;
  /** γ */
  readonly gamma: number;
  /** n, over how many steps rewards are summed up; 1 by default. */
  readonly nSteps?: number;
  /** α, how much an error counts in how often its row is drawn; with 0, the default, draws are uniform. */
  readonly prioritizedAlpha?: number;
  /** Whether all numbers of observations are k/255 for whole numbers k from 0 to 255, of which k is kept, as a byte. */
  readonly bytes?: boolean;
}

interface ReplayBufferState {
  readonly version: number;
  readonly added: number;
  readonly current: Float32Array;
  readonly observations: Float32Array | Uint8Array;
  readonly actions: Float32Array;
  readonly rewards: Float32Array;
  readonly ends: Uint8Array;
  readonly lastObservations: Float32Array | Uint8Array;
  readonly priorities?: PrioritiesState | undefined;
}

/** A transition, in arrays of many. */
interface Row {
  readonly observations: Float32Array;
  readonly actions: Float32Array;
  readonly rewards: ArrayLike<number>;
  /** Which row of these arrays it is. */
  readonly at: number;
  readonly end: number;
  /** Where it led to, if the episode ended with it: row `lastAt` of `lasts`. */
  readonly lasts: Float32Array;
  readonly lastAt: number;
}

/** How a minibatch is drawn. */
interface Drawing {
  /** What becomes of each reward. */
  readonly scale?: ((reward: number) => number) | undefined;
  /** β of {@link Priorities}; without priorities it has no part. */
  readonly beta?: number;
}

/**
 * The last transitions of parallel environments, of which minibatches are drawn; written round and round.
 *
 * All environments step together, so of `numEnvs` rows in a row each is of another one, and what a transition led to is the observation
 * `numEnvs` rows further on: it is stored once. The last observations of episodes are kept apart. Memory grows with what is held.
 *
 * With n steps a row drawn stands for the rewards from it on,
 *
 *   R = r₀ + γ r₁ + … + γᵐ⁻¹ rₘ₋₁,  discount γᵐ,  next observation sₘ,
 *
 * where m is n, or less where the episode ends before or the steps after it have not been made yet.
 *
 * Rows are drawn uniformly, or by the {@link Priorities} of their errors.
 */
export class ReplayBuffer implements Stateful<ReplayBufferState> {
  /** Shapes of a minibatch. */
  readonly shapes: { readonly [Column in keyof Transitions]: { readonly shape: number[] } };
  /** The observations that the next actions answer, `[envs · observationDim]`. */
  readonly current: Float32Array;
  readonly #options: ReplayBufferOptions;
  readonly #observations: ObservationRows;
  readonly #actions: GrowingRows<Float32Array>;
  readonly #rewards: GrowingRows<Float32Array>;
  /** 0 where the episode went on. */
  readonly #ends: GrowingRows<Uint8Array>;
  /** Which row of the last observations a transition has that ended its episode. */
  readonly #endRows: GrowingRows<Int32Array>;
  readonly #lastObservations: ObservationRows;
  /** Rows of the last observations that are not in use, and how many have ever been. */
  #freeEndRows: number[] = [];
  #usedEndRows = 0;
  readonly #priorities: Priorities | undefined;
  readonly #batch: Transitions;
  /** The rows of the minibatch. */
  readonly #drawn: Int32Array;
  /** Transitions so far, those that were overwritten included. */
  #added = 0;

  constructor(options: ReplayBufferOptions) {
    this.#options = options;
    const { capacity, batchSize, numEnvs, observationDim, actionDim, prioritizedAlpha = 0, bytes = false } = options;
    this.current = new Float32Array(numEnvs * observationDim);
    this.#observations = new ObservationRows(observationDim, capacity, bytes);
    this.#actions = new GrowingRows(Float32Array, actionDim, capacity);
    this.#rewards = new GrowingRows(Float32Array, 1, capacity);
    this.#ends = new GrowingRows(Uint8Array, 1, capacity);
    this.#endRows = new GrowingRows(Int32Array, 1, capacity);
    this.#lastObservations = new ObservationRows(observationDim, capacity, bytes);
    this.#priorities = prioritizedAlpha > 0 ? new Priorities(capacity, prioritizedAlpha) : undefined;
    this.shapes = {
      observations: { shape: [batchSize, observationDim] },
      actions: { shape: [batchSize, actionDim] },
      rewards: { shape: [batchSize] },
      nextObservations: { shape: [batchSize, observationDim] },
      terminations: { shape: [batchSize] },
      discounts: { shape: [batchSize] },
      ...(this.#priorities && { weights: { shape: [batchSize] } }),
    };
    this.#batch = {
      observations: new Float32Array(batchSize * observationDim),
      actions: new Float32Array(batchSize * actionDim),
      rewards: new Float32Array(batchSize),
      nextObservations: new Float32Array(batchSize * observationDim),
      terminations: new Float32Array(batchSize),
      discounts: new Float32Array(batchSize),
      ...(this.#priorities && { weights: new Float32Array(batchSize) }),
    };
    this.#drawn = new Int32Array(batchSize);
  }

  /** How many transitions it holds. */
  get size(): number {
    return Math.min(this.#added, this.#options.capacity);
  }

  /** Forgets all transitions. */
  clear(): void {
    this.#added = 0;
    this.#freeEndRows = [];
    this.#usedEndRows = 0;
    this.#priorities?.clear();
  }

  /** Forgets all transitions. @param observations the first ones of all environments */
  begin(observations: Float32Array): void {
    this.clear();
    this.#observe(observations);
  }

  /**
   * Takes a step of all environments from the current observations.
   * @param actions what they got, `[envs · actionDim]`
   * @throws if observations that are to be bytes are none, or there is no memory for more
   */
  add(actions: Float32Array, step: Omit<VectorStep, 'infos' | 'finalInfos' | 'resets'>): void {
    const { rewards, terminations, truncations, finalObservations } = step;
    for (let i = 0; i < this.#options.numEnvs; i++) {
      const end = endOf(terminations[i]!, truncations[i]!);
      if (end !== 0) this.#check(finalObservations, i);
      this.#addRow({ observations: this.current, actions, rewards, at: i, end, lasts: finalObservations, lastAt: i });
    }
    this.#observe(step.observations);
  }

  /**
   * Takes a whole episode: the same as its steps one after the other. One that neither ended nor was cut counts as cut.
   * @throws if the replay is of several environments, observations that are to be bytes are none, or there is no memory for more
   */
  addEpisode({ observations, actions, rewards, terminations, truncations }: Episode): void {
    const { owner, numEnvs } = this.#options;
    if (numEnvs !== 1) throw new Error(`${owner}: a replay of ${numEnvs} environments takes steps, and no episodes`);
    const steps = rewards.length;
    for (let t = 0; t <= steps; t++) this.#check(observations, t, `step ${t} of an episode has`);
    for (let t = 0; t < steps; t++) {
      const end = endOf(terminations[t]!, t === steps - 1 ? 1 : truncations[t]!);
      this.#addRow({ observations, actions, rewards, at: t, end, lasts: observations, lastAt: t + 1 });
    }
  }

  /** Transitions drawn with replacement, in arrays that the next call uses again. @throws if it holds none */
  sample(rng: Rng, { scale, beta = 1 }: Drawing = {}): Transitions {
    const rows = this.#drawn;
    const { size } = this;
    if (this.#priorities) this.#priorities.draw(rng, rows, this.#batch.weights!, size, beta);
    else for (let i = 0; i < rows.length; i++) rows[i] = rng.integer(0, size);
    for (let i = 0; i < rows.length; i++) this.#gather(rows[i]!, this.#batch, i, scale);
    return this.#batch;
  }

  /**
   * Writes transitions that are drawn uniformly, with replacement, into the rows of a minibatch from `begin` on, up to `end`.
   * @throws if it holds none
   */
  sampleInto(batch: Transitions, begin: number, end: number, rng: Rng, { scale }: Drawing = {}): void {
    const { size } = this;
    for (let i = begin; i < end; i++) this.#gather(rng.integer(0, size), batch, i, scale);
  }

  /**
   * Sets the priorities of the rows of the last minibatch, where it has weights.
   * @param errors δ, `[batch]`: how far each row was from its target
   * @throws if one is not finite
   */
  prioritize(errors: ArrayLike<number>): void {
    this.#drawn.forEach((row, i) => {
      this.#priorities?.update(row, errors[i]!);
    });
  }

  state(): ReplayBufferState {
    const { size } = this;
    const ends = this.#ends.first(size);
    const endRows: number[] = [];
    for (let row = 0; row < size; row++) if (ends[row] !== 0) endRows.push(this.#endRows.get(row));
    return {
      version: VERSION,
      added: this.#added,
      current: this.current.slice(),
      observations: this.#observations.first(size),
      actions: this.#actions.first(size),
      rewards: this.#rewards.first(size),
      ends,
      // In the order of their transitions' rows.
      lastObservations: this.#lastObservations.gathered(endRows),
      ...(this.#priorities && { priorities: this.#priorities.state(size) }),
    };
  }

  setState(state: ReplayBufferState): void {
    const size = this.#checkState(state);
    this.current.set(state.current);
    this.#observations.setFirst(state.observations);
    this.#actions.setFirst(state.actions);
    this.#rewards.setFirst(state.rewards);
    this.#ends.setFirst(state.ends);
    this.#lastObservations.setFirst(state.lastObservations);
    this.#freeEndRows = [];
    this.#usedEndRows = 0;
    for (let row = 0; row < size; row++) {
      if (state.ends[row] !== 0) this.#endRows.set(row, this.#usedEndRows++);
    }
    if (state.priorities) this.#priorities?.setState(state.priorities);
    this.#added = state.added;
  }

  #observe(observations: Float32Array): void {
    for (let i = 0; i < this.#options.numEnvs; i++) this.#check(observations, i);
    this.current.set(observations);
  }

  /** Adds a transition. */
  #addRow({ observations, actions, rewards, at, end, lasts, lastAt }: Row): void {
    const { owner, capacity } = this.#options;
    try {
      const row = this.#added % capacity;
      if (this.#added >= capacity && this.#ends.get(row) !== 0) this.#freeEndRows.push(this.#endRows.get(row));
      this.#observations.write(row, observations, at);
      this.#actions.write(row, actions, at);
      this.#rewards.set(row, rewards[at]!);
      this.#ends.set(row, end);
      this.#priorities?.add(row);
      if (end !== 0) {
        const endRow = this.#freeEndRows.pop() ?? this.#usedEndRows++;
        this.#endRows.set(row, endRow);
        this.#lastObservations.write(endRow, lasts, lastAt);
      }
      this.#added += 1;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new Error(
        `${owner}: bufferSize: got ${capacity}, but there is no memory for more than the ${this.#added} transitions that were made`,
      );
    }
  }

  /** Writes what a row stands for into row i of a minibatch. */
  #gather(row: number, batch: Transitions, i: number, scale: ((reward: number) => number) | undefined): void {
    const { capacity, numEnvs, gamma, nSteps = 1 } = this.#options;
    const { observations, actions, rewards, nextObservations, terminations, discounts } = batch;
    this.#observations.read(row, observations, i);
    this.#actions.read(row, actions, i);
    let at = row;
    /** How many transitions have been added after it, of all environments. */
    let after = ((this.#added - 1) % capacity) - row;
    if (after < 0) after += capacity;
    let sum = 0;
    let discount = 1;
    for (let k = 1; ; k++) {
      const reward = this.#rewards.get(at);
      sum += discount * (scale === undefined ? reward : scale(reward));
      discount *= gamma;
      if (k === nSteps || after < numEnvs || this.#ends.get(at) !== 0) break;
      at = (at + numEnvs) % capacity;
      after -= numEnvs;
    }
    rewards[i] = sum;
    discounts[i] = discount;
    const end = this.#ends.get(at);
    terminations[i] = end === TERMINATED ? 1 : 0;
    if (end !== 0) this.#lastObservations.read(this.#endRows.get(at), nextObservations, i);
    else if (after >= numEnvs) this.#observations.read((at + numEnvs) % capacity, nextObservations, i);
    else {
      // The last step of all environments, the last row of which is of the last environment.
      const { observationDim } = this.#options;
      const from = (numEnvs - 1 - after) * observationDim;
      for (let j = 0; j < observationDim; j++) nextObservations[i * observationDim + j] = this.current[from + j]!;
    }
  }

  /** @throws if the observation in row i, by default that of environment i, cannot be kept */
  #check(observations: Float32Array, i: number, what = `environment ${i} gave`): void {
    const misfit = this.#observations.misfit(observations, i);
    if (misfit === undefined) return;
    throw new Error(
      `${this.#options.owner}: ${what} ${misfit} in its observation, expected whole numbers from 0 to 255 over 255, as its space says`,
    );
  }

  /** @returns how many transitions the state has @throws if it does not fit */
  #checkState(state: ReplayBufferState): number {
    const { capacity, numEnvs, observationDim, actionDim, bytes } = this.#options;
    const { version, added, current, ends } = state;
    if (version !== VERSION) {
      throw new Error(`the replay has version ${version ?? 1} of the format, this oxbow reads version ${VERSION}`);
    }
    if (!Number.isSafeInteger(added) || added < 0 || added % numEnvs !== 0) {
      throw new Error(`added: got ${added}, expected a whole number of steps of ${numEnvs} environments`);
    }
    const size = Math.min(added, capacity);
    checkRows('current', current, Float32Array, numEnvs, observationDim);
    checkRows('ends', ends, Uint8Array, size, 1);
    const ofObservations = bytes ? Uint8Array : Float32Array;
    checkRows('observations', state.observations, ofObservations, size, observationDim);
    checkRows('actions', state.actions, Float32Array, size, actionDim);
    checkRows('rewards', state.rewards, Float32Array, size, 1);
    checkRows('lastObservations', state.lastObservations, ofObservations, countEnds(ends), observationDim);
    const isPrioritized = this.#priorities !== undefined;
    if ((state.priorities === undefined) === isPrioritized) {
      const [has, lacks] = isPrioritized ? ['agent', 'state'] : ['state', 'agent'];
      throw new Error(`priorities: the ${has} has some, the ${lacks} has none: expected the same options`);
    }
    if (state.priorities) checkRows('priorities.powers', state.priorities.powers, Float64Array, size, 1);
    return size;
  }
}

/** What each transition takes, last observations of episodes aside. */
export function bytesPerTransition({
  observationDim,
  actionDim,
  bytes = false,
  prioritizedAlpha = 0,
}: Pick<ReplayBufferOptions, 'observationDim' | 'actionDim' | 'bytes' | 'prioritizedAlpha'>): number {
  // Action, reward, how it ended, and where its last observation is then; the tree of the priorities.
  return observationDim * (bytes ? 1 : 4) + actionDim * 4 + 4 + 1 + 4 + (prioritizedAlpha > 0 ? 32 : 0);
}

/** How an episode went on after a transition; where both are said, the task itself ended. */
function endOf(terminated: number, truncated: number): number {
  return terminated ? TERMINATED : truncated ? TRUNCATED : 0;
}

/** How many of the transitions ended an episode. */
function countEnds(ends: Uint8Array): number {
  return ends.reduce((sum, end) => sum + Number(end !== 0), 0);
}

type Numbers = Float32Array | Float64Array | Uint8Array;

function checkRows(
  name: string,
  values: Numbers | undefined,
  type: new (length: number) => Numbers,
  rows: number,
  width: number,
): void {
  if (values instanceof type && values.length === rows * width) return;
  throw new Error(
    `${name}: got ${values?.constructor.name} of ${values?.length} numbers, expected a ${type.name} of ${rows} rows of ${width}`,
  );
}
