import type * as tf from '@tensorflow/tfjs-core';
import type { Episode } from '../../datasets/episode.ts';
import { FlatVectorEnv, type VectorEnv, type VectorStep } from '../../envs/index.ts';
import { ObservationLayout, portableMath, type Rng } from '../../src/index.ts';
import { checkFitsInMemory } from './checks.ts';
import { Hindsight } from './hindsight.ts';
import type { OffPolicyConfig } from './options.ts';
import { setSameLength } from './state.ts';

/** ε, what is added to an error, so that no row is lost for ever. */
const LEAST = 1e-6;

/**
 * Prioritized draws: row i with probability P(i) = pᵢ^α / Σⱼ pⱼ^α, where pᵢ = |δᵢ| + ε is the size of its last error (of several critics
 * see `tdErrors`), and for a row that is new the largest there has been.
 *
 * Draws are stratified: one from each of `batch` parts of equal probability. That some rows come more often is made up for by the
 * importance weights wᵢ = (N P(i))^−β / maxⱼ wⱼ, the largest over the minibatch.
 *
 * Schaul, Quan, Antonoglou and Silver, "Prioritized Experience Replay", arXiv:1511.05952, the proportional variant.
 */
export class Priorities {
  readonly #alpha: number;
  /**
   * A binary tree: the powers pᵢ^α are its leaves, the last half, and node i is the sum of 2 i and 2 i + 1, rounded once, so that sums depend on
   * the powers alone and not on the order in which they were set.
   */
  readonly #sums: Float64Array;
  readonly #leaves: number;
  /** max p. */
  #largest = 1;

  constructor(capacity: number, alpha: number) {
    this.#alpha = alpha;
    let leaves = 1;
    while (leaves < capacity) leaves *= 2;
    this.#leaves = leaves;
    this.#sums = new Float64Array(2 * leaves);
  }

  clear(): void {
    this.#sums.fill(0);
    this.#largest = 1;
  }

  /** A row that is new. */
  add(row: number): void {
    this.#set(row, power(this.#largest, this.#alpha));
  }

  /** Sets the priority of a row by its error δ. @throws if it is not finite */
  update(row: number, error: number): void {
    const priority = Math.abs(error) + LEAST;
    if (!Number.isFinite(priority)) throw new Error(`the error of row ${row} is ${error}, expected a finite number`);
    this.#largest = Math.max(this.#largest, priority);
    this.#set(row, power(priority, this.#alpha));
  }

  /**
   * Draws rows, and their weights.
   * @param beta β
   */
  draw(rng: Rng, rows: Int32Array, weights: Float32Array, beta: number): void {
    const powers = this.#sums.subarray(this.#leaves);
    // The largest weight is that of the least probable row.
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < rows.length; i++) {
      const row = this.#find(((i + rng.uniform()) / rows.length) * this.#sums[1]!);
      rows[i] = row;
      least = Math.min(least, powers[row]!);
    }
    for (let i = 0; i < rows.length; i++) weights[i] = power(least / powers[rows[i]!]!, beta);
  }

  /** pᵢ^α of the N rows that are held, and max p. */
  state(held: number) {
    return { powers: this.#sums.slice(this.#leaves, this.#leaves + held), largest: this.#largest };
  }

  /** @throws if the state is not that of N rows */
  setState({ powers, largest }: ReturnType<Priorities['state']>, held: number): void {
    setSameLength({ 'priorities.powers': [new Float64Array(held), powers] });
    this.#sums.fill(0);
    powers.forEach((each, row) => {
      this.#set(row, each);
    });
    this.#largest = largest;
  }

  #set(row: number, value: number): void {
    const sums = this.#sums;
    let at = this.#leaves + row;
    sums[at] = value;
    for (at >>>= 1; at >= 1; at >>>= 1) sums[at] = sums[2 * at]! + sums[2 * at + 1]!;
  }

  /** The row at which the running sum passes one, or one next to it by rounding; never one of power 0, unless all are. */
  #find(sum: number): number {
    const sums = this.#sums;
    let rest = sum;
    let at = 1;
    while (at < this.#leaves) {
      at *= 2;
      if (rest < sums[at]! || sums[at + 1] === 0) continue;
      rest -= sums[at]!;
      at += 1;
    }
    return at - this.#leaves;
  }
}

/** x^y, x > 0. */
function power(x: number, y: number): number {
  return portableMath.exp(y * portableMath.log(x));
}

type Numbers = Float32Array | Uint8Array;

type NumbersType = (new (length: number) => Numbers) & { readonly BYTES_PER_ELEMENT: number };

/** How much memory is taken at a time, bytes. */
const CHUNK = 2 ** 22;

/**
 * Up to `capacity` rows of `width` numbers. Memory is taken chunk by chunk when rows are written that need it, so that a buffer that
 * is never filled costs little, and growing never copies what is there.
 *
 * With `shares` the numbers are k/255 for whole numbers k from 0 to 255, of which k is kept, as a byte: exact, in float32.
 */
export class Rows {
  readonly #type: NumbersType;
  readonly #width: number;
  readonly #capacity: number;
  readonly #shares: boolean;
  /** A chunk has 2^bits rows. */
  readonly #bits: number;
  readonly #perChunk: number;
  readonly #chunks: (Numbers | undefined)[] = [];

  /** @param options `perChunk` is how many rows memory is taken for at a time; the power of two below it is taken */
  constructor(
    type: NumbersType,
    width: number,
    capacity: number,
    options: { shares?: boolean; perChunk?: number | undefined } = {},
  ) {
    this.#type = type;
    this.#width = width;
    this.#capacity = capacity;
    this.#shares = options.shares ?? false;
    const rows = options.perChunk ?? CHUNK / type.BYTES_PER_ELEMENT / width;
    this.#bits = 31 - Math.clz32(Math.max(1, rows));
    this.#perChunk = 1 << this.#bits;
  }

  /** The number of a row of one. */
  get(row: number): number {
    return this.#chunkOf(row)[this.#begin(row)]!;
  }

  /** Copies row `row` into row `at` of `into`. */
  read(row: number, into: Float32Array, at: number): void {
    const width = this.#width;
    const chunk = this.#chunkOf(row);
    const begin = this.#begin(row);
    if (this.#shares) for (let j = 0; j < width; j++) into[at * width + j] = chunk[begin + j]! / 255;
    else for (let j = 0; j < width; j++) into[at * width + j] = chunk[begin + j]!;
  }

  /**
   * Copies row `at` of `from` into row `row`.
   * @throws if a number is to be k/255 and is none; {RangeError} if there is no memory for it
   */
  write(row: number, from: ArrayLike<number>, at: number): void {
    const width = this.#width;
    const chunk = this.#chunkOf(row);
    const begin = this.#begin(row);
    for (let j = 0; j < width; j++) {
      const x = from[at * width + j]!;
      chunk[begin + j] = this.#shares ? Math.round(x * 255) : x;
      if (!this.#shares || Math.fround(chunk[begin + j]! / 255) === x) continue;
      const expected = 'expected k/255 with whole numbers k from 0 to 255, as its space says';
      throw new Error(`got ${x} in an observation, ${expected}`);
    }
  }

  /** Frees the memory of a row that has a chunk of its own. */
  free(row: number): void {
    this.#chunks[row] = undefined;
  }

  /** Rows as they are kept, one after the other: the first ones, or any where each has a chunk of its own. */
  kept(rows: Int32Array): Numbers {
    const width = this.#width;
    const all = new this.#type(rows.length * width);
    for (let i = 0; i < rows.length; i += this.#perChunk) {
      all.set(this.#chunkOf(rows[i]!).subarray(0, (rows.length - i) * width), i * width);
    }
    return all;
  }

  /**
   * Sets such rows, as {@link kept} returned them.
   * @param name what they are, as errors name it
   * @throws if they are not as many; {RangeError} if there is no memory for them
   */
  setKept(rows: Int32Array, all: Numbers, name: string): void {
    const width = this.#width;
    if (!(all instanceof this.#type && all.length === rows.length * width)) {
      const got = `${all?.constructor.name} of ${all?.length} numbers`;
      throw new Error(`${name}: got ${got}, expected a ${this.#type.name} of ${rows.length} rows of ${width}`);
    }
    for (let i = 0; i < rows.length; i += this.#perChunk) {
      const chunk = this.#chunkOf(rows[i]!);
      chunk.set(all.subarray(i * width, i * width + chunk.length));
    }
  }

  #begin(row: number): number {
    return (row & (this.#perChunk - 1)) * this.#width;
  }

  #chunkOf(row: number): Numbers {
    const index = row >>> this.#bits;
    const found = this.#chunks[index];
    if (found !== undefined) return found;
    const rows = Math.min(this.#perChunk, this.#capacity - index * this.#perChunk);
    const made = new this.#type(rows * this.#width);
    this.#chunks[index] = made;
    return made;
  }
}

/** The version of the state's format; 1 had the next observations beside the observations. */
const VERSION = 2;

/** How an episode went on after a transition. */
const TERMINATED = 1;
const TRUNCATED = 2;

type ReplayConfig = Pick<OffPolicyConfig, 'bufferSize' | 'batchSize' | 'gamma' | 'nSteps' | 'prioritizedAlpha'> &
  Partial<Pick<OffPolicyConfig, 'policy' | 'hindsight' | 'hindsightShare'>>;

interface ReplayBufferOptions
  extends Pick<ReplayConfig, 'batchSize' | 'gamma'>,
    Partial<Pick<ReplayConfig, 'nSteps' | 'prioritizedAlpha'>> {
  /** Whose it is, as errors name it: `Sac`. */
  readonly owner: string;
  /** The option that says how many it holds, as errors name it; `bufferSize` by default. */
  readonly source?: string;
  /** The most transitions that it holds. */
  readonly capacity: number;
  /** Parallel environments. */
  readonly numEnvs: number;
  readonly observationDim: number;
  /** Of the action of one step. */
  readonly actionDim: number;
  /** h, of how many steps the actions of a minibatch are; 1 by default. */
  readonly chunk?: number | undefined;
  /** Of a policy with a memory: minibatches are of sequences. */
  readonly sequences?: SequencesOptions | undefined;
  /** Whether all numbers of observations are k/255 for whole numbers k from 0 to 255, of which k is kept, as a byte. */
  readonly bytes?: boolean;
  /** What puts goals that were reached in the place of those that were desired; none by default. */
  readonly hindsight?: Hindsight | undefined;
}

/** Sequences that a minibatch has, and what is remembered. */
export interface SequencesOptions {
  /** Steps that are learned from, a divisor of the size of a minibatch. */
  readonly length: number;
  /** Steps before them. */
  readonly burnIn: number;
  /** How many numbers are remembered of an episode. */
  readonly stateDim: number;
}

type ReplayBufferState = ReturnType<ReplayBuffer['state']>;

/** Transitions, row by row. */
type Columns = Omit<Episode, 'rewards'> & {
  readonly rewards: ArrayLike<number>;
  readonly states?: Float32Array | undefined;
};

/** What a reward is learned as. */
type Scale = ((reward: number) => number) | undefined;

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
 * With chunks of h actions a row has those of h steps, a₀, …, aₕ₋₁, and m counts n · h steps: any step may begin a chunk, whatever was one when
 * the agent acted. Where m < h, the actions from aₘ on are those of other rows, drawn for each minibatch, and `lengths` says m: behind an end
 * nothing depends on them, so that a chunk is worth the same whatever they are, and a density that is fitted to such chunks has the law of the
 * actions before the end as it is. A copy of the last action, which others learn, is a function of it, and no density is large enough for that.
 * Li, Zhou & Levine, "Reinforcement Learning with Action Chunking", arXiv:2507.07969, leave such chunks out of the critics' loss.
 *
 * Rows are drawn uniformly, or by the {@link Priorities} of their errors. With {@link Hindsight} some get other goals. Or sequences of rows are drawn
 * uniformly, with what was remembered when they were made: row t · sequences + i of a minibatch is step t of sequence i. They go on over the ends of
 * episodes.
 */
export class ReplayBuffer {
  /** Shapes of a minibatch. */
  readonly shapes: BatchShapes;
  /** The observations that the next actions answer, `[envs · observationDim]`. */
  readonly current: Float32Array;
  readonly #options: ReplayBufferOptions;
  readonly #rows;
  readonly #priorities: Priorities | undefined;
  readonly #batch: Transitions;
  /** The rows of the minibatch. */
  readonly #drawn: Int32Array;
  /** Transitions so far, those that were overwritten included. */
  #added = 0;

  constructor(options: ReplayBufferOptions) {
    this.#options = options;
    const { owner, source = 'bufferSize', capacity, batchSize, numEnvs, observationDim, actionDim } = options;
    const { prioritizedAlpha = 0, bytes = false, chunk = 1 } = options;
    // What each transition takes, last observations of episodes aside: reward, how it ended, and the tree of the priorities.
    const stateDim = options.sequences?.stateDim ?? 0;
    const size =
      observationDim * (bytes ? 1 : 4) + (actionDim + stateDim) * 4 + 4 + 1 + (prioritizedAlpha > 0 ? 32 : 0);
    // First: what holds the priorities takes all of its memory at once.
    checkFitsInMemory(`${owner}: ${source}`, capacity, 'transitions', size);
    this.current = new Float32Array(numEnvs * observationDim);
    const observationRows = (perChunk?: number) =>
      new Rows(bytes ? Uint8Array : Float32Array, observationDim, capacity, { shares: bytes, perChunk });
    this.#rows = {
      observations: observationRows(),
      actions: new Rows(Float32Array, actionDim, capacity),
      rewards: new Rows(Float32Array, 1, capacity),
      /** 0 where the episode went on. */
      ends: new Rows(Uint8Array, 1, capacity),
      /** Where the transitions led to that ended their episodes: of the others there are none. */
      lastObservations: observationRows(1),
      /** What was remembered before the step; none without a memory. */
      states: stateDim > 0 ? new Rows(Float32Array, stateDim, capacity) : undefined,
    };
    this.#priorities = prioritizedAlpha > 0 ? new Priorities(capacity, prioritizedAlpha) : undefined;
    const [column, observations] = [{ shape: [batchSize] }, { shape: [batchSize, observationDim] }];
    this.shapes = {
      observations,
      actions: { shape: [batchSize, chunk * actionDim] },
      rewards: column,
      nextObservations: observations,
      terminations: column,
      discounts: column,
      ...(chunk > 1 && { lengths: column }),
      ...(this.#priorities && { weights: column }),
      ...(options.sequences && sequenceShapes(options.sequences, batchSize, observationDim)),
    };
    this.#batch = emptyBatch(this.shapes);
    this.#drawn = new Int32Array(batchSize);
  }

  /** How many transitions it holds. */
  get size(): number {
    return Math.min(this.#added, this.#options.capacity);
  }

  /** Forgets all transitions. @param observations the first ones of all environments, if there are some */
  begin(observations?: Float32Array): void {
    for (let row = 0; row < this.size; row++) this.#rows.lastObservations.free(row);
    this.#added = 0;
    this.#priorities?.clear();
    if (observations) this.current.set(observations);
  }

  /**
   * Takes a step of all environments from the current observations.
   * @param step `commanded` are the actions that they got, `[envs · actionDim]`, `states` what was remembered before, `[envs · stateDim]`
   * @throws if observations that are to be kept as bytes are none, or there is no memory for more
   */
  add(
    step: Omit<VectorStep, 'infos' | 'finalInfos' | 'resets'> & {
      readonly commanded: Float32Array;
      readonly states?: Float32Array | undefined;
    },
  ): void {
    const { commanded: actions, rewards, terminations, truncations, states } = step;
    const columns = { observations: this.current, actions, rewards, terminations, truncations, states };
    for (let i = 0; i < this.#options.numEnvs; i++) this.#addRow(columns, i, step.finalObservations, i);
    this.current.set(step.observations);
  }

  /**
   * Takes a whole episode, where there is one environment: the same as its steps one after the other.
   * @throws as {@link add}
   */
  addEpisode(episode: Episode): void {
    for (let t = 0; t < episode.rewards.length; t++) this.#addRow(episode, t, episode.observations, t + 1);
  }

  /** Transitions drawn with replacement, in arrays that the next call uses again. @throws if it holds none */
  sample(rng: Rng, { scale, beta = 1 }: { readonly scale?: Scale; readonly beta?: number } = {}): Transitions {
    const [rows, batch] = [this.#drawn, this.#batch];
    if (this.#options.sequences !== undefined) {
      this.#sampleSequences(this.#options.sequences, rng, scale);
      return batch;
    }
    const { size } = this;
    if (this.#priorities) this.#priorities.draw(rng, rows, batch.weights!, beta);
    else for (let i = 0; i < rows.length; i++) rows[i] = rng.integer(0, size);
    for (let i = 0; i < rows.length; i++) this.#gather(rows[i]!, batch, i, scale, rng);
    this.#options.hindsight?.relabel(this, rows, batch, rng, scale);
    return batch;
  }

  /**
   * Writes transitions that are drawn uniformly, with replacement, into the rows of a minibatch from `begin` on, up to `end`.
   * @throws if it holds none
   */
  sampleInto(batch: Transitions, begin: number, end: number, rng: Rng, scale?: Scale): void {
    const { size } = this;
    for (let i = begin; i < end; i++) this.#gather(rng.integer(0, size), batch, i, scale, rng);
  }

  /** Sequences may begin at any row that enough rows of its environment follow. */
  #sampleSequences({ length, burnIn }: SequencesOptions, rng: Rng, scale: Scale): void {
    const { capacity, numEnvs, batchSize } = this.#options;
    const begins = this.size - (burnIn + length - 1) * numEnvs;
    for (let i = 0; i < batchSize / length; i++) {
      const row = (this.#added - this.size + rng.integer(0, begins)) % capacity;
      this.#rows.states!.read(row, this.#batch.state!, i);
      this.readSequence(row, this.#batch, i, { length, burnIn, scale });
    }
  }

  /** Writes rows of one environment that follow each other, the first ones as a burn-in, into sequence i of a minibatch. */
  readSequence(
    first: number,
    batch: Transitions,
    i: number,
    { length, burnIn = 0, scale }: { readonly length: number; readonly burnIn?: number; readonly scale: Scale },
  ): void {
    const { capacity, numEnvs, batchSize } = this.#options;
    const { observations, ends } = this.#rows;
    const count = batchSize / length;
    let row = first;
    // Where an episode begins there its state is 0 already.
    let isFirst = 0;
    for (let t = 0; t < burnIn + length; t++) {
      const at = (t - burnIn) * count + i;
      if (t < burnIn) {
        observations.read(row, batch.burnInObservations!, t * count + i);
        batch.burnInBegins![t * count + i] = isFirst;
      } else {
        this.#gather(row, batch, at, scale);
        batch.begins![at] = isFirst;
      }
      isFirst = Number(ends.get(row) !== 0);
      row = (row + numEnvs) % capacity;
    }
  }

  /**
   * Sets the priorities of the rows of the last minibatch, where it has weights.
   * @param errors δ, `[batch]`: how far each row was from its target
   * @throws if one is not finite
   */
  prioritize(errors: ArrayLike<number>): void {
    this.#drawn.forEach((row, i) => this.#priorities?.update(row, errors[i]!));
  }

  /** How many transitions of its episode have been added after a row. */
  stepsAfter(row: number): number {
    const { capacity, numEnvs } = this.#options;
    let steps = 0;
    let at = row;
    for (let left = this.#addedAfter(row); left >= numEnvs && this.#rows.ends.get(at) === 0; left -= numEnvs) {
      at = (at + numEnvs) % capacity;
      steps += 1;
    }
    return steps;
  }

  /** How many transitions of its episode it still holds before a row. */
  stepsBefore(row: number): number {
    const { capacity, numEnvs } = this.#options;
    let steps = 0;
    let at = row;
    for (let left = this.size - 1 - this.#addedAfter(row); left >= numEnvs; left -= numEnvs) {
      at = (at - numEnvs + capacity) % capacity;
      if (this.#rows.ends.get(at) !== 0) break;
      steps += 1;
    }
    return steps;
  }

  /** Reads the observation that a transition led to, so many steps after a row, in its episode. */
  readNext(row: number, steps: number, into: Float32Array): void {
    const { capacity, numEnvs } = this.#options;
    const at = (row + steps * numEnvs + capacity) % capacity;
    this.#readNext(at, this.#rows.ends.get(at), this.#addedAfter(at), into, 0);
  }

  state() {
    const { observations, actions, rewards, ends, lastObservations, states } = this.#rows;
    const held = Int32Array.from({ length: this.size }, (_, row) => row);
    return {
      version: VERSION,
      added: this.#added,
      current: this.current.slice(),
      observations: observations.kept(held),
      actions: actions.kept(held),
      rewards: rewards.kept(held),
      ends: ends.kept(held),
      lastObservations: lastObservations.kept(held.filter((row) => ends.get(row) !== 0)),
      ...(states && { states: states.kept(held) }),
      ...(this.#priorities && { priorities: this.#priorities.state(held.length) }),
    };
  }

  setState(state: ReplayBufferState): void {
    const { capacity, numEnvs } = this.#options;
    const { version, added, current, priorities } = state;
    if (version !== VERSION) {
      throw new Error(`the replay has version ${version ?? 1} of the format, this oxbow reads version ${VERSION}`);
    }
    if (!Number.isSafeInteger(added) || added < 0 || added % numEnvs !== 0) {
      throw new Error(`added: got ${added}, expected a whole number of steps of ${numEnvs} environments`);
    }
    if ((priorities === undefined) !== (this.#priorities === undefined)) {
      throw new Error(
        `priorities: got ${priorities ? 'some' : 'none'}, expected the same options as those of the agent`,
      );
    }
    const held = Int32Array.from({ length: Math.min(added, capacity) }, (_, row) => row);
    this.begin();
    setSameLength({ current: [this.current, current] });
    const { observations, actions, rewards, ends, lastObservations, states } = this.#rows;
    observations.setKept(held, state.observations, 'observations');
    actions.setKept(held, state.actions, 'actions');
    rewards.setKept(held, state.rewards, 'rewards');
    ends.setKept(held, state.ends, 'ends');
    const ended = held.filter((row) => state.ends[row] !== 0);
    lastObservations.setKept(ended, state.lastObservations, 'lastObservations');
    states?.setKept(held, state.states!, 'states');
    if (priorities) this.#priorities?.setState(priorities, held.length);
    this.#added = added;
  }

  /**
   * Adds a transition, row `at` of these arrays.
   * @param lasts has in its row `lastAt` where the transition led to, if the episode ended
   */
  #addRow(columns: Columns, at: number, lasts: Float32Array, lastAt: number): void {
    const { owner, capacity } = this.#options;
    const { observations, actions, rewards, ends, lastObservations, states } = this.#rows;
    const row = this.#added % capacity;
    // Where both are said, the task itself ended.
    const end = columns.terminations[at] ? TERMINATED : columns.truncations[at] ? TRUNCATED : 0;
    try {
      observations.write(row, columns.observations, at);
      actions.write(row, columns.actions, at);
      rewards.write(row, columns.rewards, at);
      ends.write(row, [end], 0);
      if (states !== undefined) states.write(row, columns.states!, at);
      if (end === 0) lastObservations.free(row);
      else lastObservations.write(row, lasts, lastAt);
      this.#priorities?.add(row);
      this.#added += 1;
    } catch (error) {
      const isFull = error instanceof RangeError;
      const noMemory = `bufferSize: got ${capacity}, but there is no memory for more than the ${this.#added} transitions that were made`;
      throw new Error(`${owner}: ${isFull ? noMemory : (error as Error).message}`, { cause: error });
    }
  }

  /**
   * Writes what a row stands for into row i of a minibatch.
   * @param rng draws the actions behind an end, of chunks
   */
  #gather(row: number, batch: Transitions, i: number, scale: Scale, rng?: Rng): void {
    const { capacity, numEnvs, gamma, nSteps = 1, chunk = 1 } = this.#options;
    const { observations, actions, rewards, ends } = this.#rows;
    observations.read(row, batch.observations, i);
    let at = row;
    let after = this.#addedAfter(row);
    let sum = 0;
    let discount = 1;
    let k = 1;
    for (; ; k++) {
      if (k <= chunk) actions.read(at, batch.actions, i * chunk + k - 1);
      const reward = rewards.get(at);
      sum += discount * (scale === undefined ? reward : scale(reward));
      discount *= gamma;
      if (k === nSteps * chunk || after < numEnvs || ends.get(at) !== 0) break;
      at = (at + numEnvs) % capacity;
      after -= numEnvs;
    }
    if (batch.lengths) batch.lengths[i] = Math.min(k, chunk);
    for (; k < chunk; k++) actions.read(rng!.integer(0, this.size), batch.actions, i * chunk + k);
    batch.rewards[i] = sum;
    batch.discounts[i] = discount;
    const end = ends.get(at);
    batch.terminations[i] = end === TERMINATED ? 1 : 0;
    this.#readNext(at, end, after, batch.nextObservations, i);
  }

  /** How many transitions have been added after a row, of all environments. */
  #addedAfter(row: number): number {
    const { capacity } = this.#options;
    const after = ((this.#added - 1) % capacity) - row;
    return after < 0 ? after + capacity : after;
  }

  /** Reads the observation that a transition led to into row i of `into`. @param after see {@link #addedAfter} */
  #readNext(at: number, end: number, after: number, into: Float32Array, i: number): void {
    const { capacity, numEnvs, observationDim } = this.#options;
    if (end !== 0) this.#rows.lastObservations.read(at, into, i);
    else if (after >= numEnvs) this.#rows.observations.read((at + numEnvs) % capacity, into, i);
    else {
      // The last step of all environments, the last row of which is of the last environment.
      const from = (numEnvs - 1 - after) * observationDim;
      for (let j = 0; j < observationDim; j++) into[i * observationDim + j] = this.current[from + j]!;
    }
  }
}

/**
 * The replay that an agent's options ask for. Where bytes are all that observations have, as in images and one-hot vectors, it keeps bytes.
 * @throws if as many transitions as it is to hold can never fit in memory
 */
export function replayFor(
  owner: string,
  config: ReplayConfig,
  env: VectorEnv,
  sequences?: SequencesOptions,
): ReplayBuffer {
  const [observationDim, actionDim] = [env.singleObservationSpace.size, env.singleActionSpace.size];
  const chunk = config.policy?.chunk?.length;
  // A mask of actions, which may be added to the flat observation, is of zeros and ones.
  const { singleObservationSpace } = env instanceof FlatVectorEnv ? env.env : env;
  const bytes = new ObservationLayout(`${owner}: observations`, singleObservationSpace).areBytes;
  const { bufferSize: capacity } = config;
  const isPlain = (config.hindsight ?? 'none') === 'none';
  if (isPlain && config.hindsightShare !== undefined) {
    const expected = "expected one beside it: hindsight: 'future', say";
    throw new Error(`${owner}: hindsightShare: got ${config.hindsightShare} without hindsight, ${expected}`);
  }
  const hindsight = isPlain ? undefined : new Hindsight(owner, config, env);
  if (hindsight !== undefined && sequences !== undefined) {
    const got = `got "${config.hindsight}" for a policy with a memory`;
    throw new Error(`${owner}: hindsight: ${got}, expected "none": other goals would need other states`);
  }
  if (hindsight !== undefined && chunk !== undefined) {
    const expected = 'expected "none": other goals would change the rewards of all steps of a chunk';
    throw new Error(`${owner}: hindsight: got "${config.hindsight}" for a policy of chunks, ${expected}`);
  }
  const sizes = { capacity, numEnvs: env.numEnvs, observationDim, actionDim, chunk };
  return new ReplayBuffer({ ...config, ...sizes, owner, bytes, sequences, hindsight });
}

/** A minibatch of transitions, row by row. */
export interface Transitions {
  readonly observations: Float32Array;
  /** `[batch, actionDim]`, of a policy of chunks whole ones. */
  readonly actions: Float32Array;
  /** Of a policy of chunks how many actions of each were made in the episode; those behind them are of others. */
  readonly lengths?: Float32Array;
  /** r; with n steps their discounted sum. */
  readonly rewards: Float32Array;
  /** What the action led to, or the last of n steps; at an episode's end its last observation, not the next one's first. */
  readonly nextObservations: Float32Array;
  /** 1 where the task itself ended, so that nothing more can be earned; 0 where a limit cut the episode. */
  readonly terminations: Float32Array;
  /** What the value of the next observation counts: γ, or γ to the number of steps that lie between. */
  readonly discounts: Float32Array;
  /**
   * w, what the row's loss counts: 1, or less where the row is drawn more often than others. Where draws are uniform there are none.
   * Whoever gets some tells the replay of {@link tdErrors}.
   */
  readonly weights?: Float32Array;
  /** Of sequences what was remembered before the first step of each, `[sequences, stateDim]`, and whether an episode begins with a step: 1 or 0. */
  readonly state?: Float32Array;
  readonly begins?: Float32Array;
  /** The steps before them, if there are some: `[burnIn · sequences, observationDim]`. */
  readonly burnInObservations?: Float32Array;
  readonly burnInBegins?: Float32Array;
}

export function sequenceShapes(
  { length, burnIn, stateDim }: SequencesOptions,
  batchSize: number,
  observationDim: number,
) {
  const before = (burnIn * batchSize) / length;
  return {
    state: { shape: [batchSize / length, stateDim] },
    begins: { shape: [batchSize] },
    ...(burnIn > 0 && {
      burnInObservations: { shape: [before, observationDim] },
      burnInBegins: { shape: [before] },
    }),
  };
}

/** Shapes of the columns of a minibatch. */
export type BatchShapes = { readonly [Column in keyof Transitions]: { readonly shape: number[] } };

/** A minibatch of zeros. */
export function emptyBatch(shapes: BatchShapes): Transitions {
  const zeros = Object.entries(shapes).map(([name, { shape }]) => [
    name,
    new Float32Array(shape.reduce((size, length) => size * length)),
  ]);
  return Object.fromEntries(zeros);
}

/** The same as tensors, and numbers beside it: rates. */
export type TransitionTensors<Scalar extends string = never> = { readonly [C in keyof Transitions]: tf.Tensor } & {
  readonly [S in Scalar]: tf.Tensor;
};
