import type * as tf from '@tensorflow/tfjs-core';
import type { Episode } from '../../datasets/episode.ts';
import { FlatVectorEnv, type VectorEnv, type VectorStep } from '../../envs/index.ts';
import { ObservationLayout, portableMath, type Rng } from '../../src/index.ts';
import { checkFitsInMemory } from './checks.ts';
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
  readonly #tree: SumTree;
  /** max p. */
  #largest = 1;

  constructor(capacity: number, alpha: number) {
    this.#alpha = alpha;
    this.#tree = new SumTree(capacity);
  }

  clear(): void {
    this.#tree.setFirst(new Float64Array());
    this.#largest = 1;
  }

  /** A row that is new. */
  add(row: number): void {
    this.#tree.set(row, power(this.#largest, this.#alpha));
  }

  /** Sets the priority of a row by its error δ. @throws if it is not finite */
  update(row: number, error: number): void {
    const priority = Math.abs(error) + LEAST;
    if (!Number.isFinite(priority)) throw new Error(`the error of row ${row} is ${error}, expected a finite number`);
    this.#largest = Math.max(this.#largest, priority);
    this.#tree.set(row, power(priority, this.#alpha));
  }

  /**
   * Draws rows, and their weights.
   * @param held N, how many rows there are
   * @param beta β
   * @throws if there are none
   */
  draw(rng: Rng, rows: Int32Array, weights: Float32Array, held: number, beta: number): void {
    if (held === 0) throw new Error('Priorities.draw: there are no rows to draw from');
    const tree = this.#tree;
    const { total } = tree;
    // The largest weight is that of the least probable row.
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < rows.length; i++) {
      const row = tree.find(((i + rng.uniform()) / rows.length) * total);
      rows[i] = row;
      least = Math.min(least, tree.get(row));
    }
    for (let i = 0; i < rows.length; i++) weights[i] = power(least / tree.get(rows[i]!), beta);
  }

  /** pᵢ^α of the N rows that are held, and max p. */
  state(held: number) {
    return { powers: this.#tree.first(held), largest: this.#largest };
  }

  /** @throws if the state is not that of N rows */
  setState({ powers, largest }: ReturnType<Priorities['state']>, held: number): void {
    const all = new Float64Array(held);
    setSameLength({ 'priorities.powers': [all, powers] });
    this.#tree.setFirst(all);
    this.#largest = largest;
  }
}

/** x^y, x > 0. */
function power(x: number, y: number): number {
  return portableMath.exp(y * portableMath.log(x));
}

type Numbers = Float32Array | Int32Array | Uint8Array;

type ArrayOf<A extends Numbers> = (new (length: number) => A) & { readonly BYTES_PER_ELEMENT: number };

/** How much memory is taken at a time, bytes. */
const CHUNK = 2 ** 22;

/**
 * Up to `capacity` rows of `width` numbers. Memory is taken chunk by chunk when rows are written that need it, so that a buffer that
 * is never filled costs little, and growing never copies what is there. Rows that were not written hold zeros.
 */
export class Rows<A extends Numbers> {
  readonly width: number;
  readonly #type: ArrayOf<A>;
  readonly #capacity: number;
  readonly #chunks: (A | undefined)[] = [];
  /** A chunk has 2^bits rows. */
  readonly #bits: number;

  constructor(type: ArrayOf<A>, width: number, capacity: number) {
    this.width = width;
    this.#type = type;
    this.#capacity = capacity;
    let bits = 0;
    while (2 ** (bits + 1) * width * type.BYTES_PER_ELEMENT <= CHUNK) bits += 1;
    this.#bits = bits;
  }

  /** The number of a row of one, 0 if it has not been written. */
  get(row: number): number {
    const chunk = this.#chunks[row >>> this.#bits];
    return chunk === undefined ? 0 : chunk[row & ((1 << this.#bits) - 1)]!;
  }

  /** @throws {RangeError} if there is no memory for it */
  set(row: number, value: number): void {
    this.#chunkOf(row)[row & ((1 << this.#bits) - 1)] = value;
  }

  /** Copies row `row` into row `at` of `into`. */
  read(row: number, into: Numbers, at: number): void {
    const { width } = this;
    const chunk = this.#chunks[row >>> this.#bits]!;
    copyNumbers(chunk, (row & ((1 << this.#bits) - 1)) * width, into, at * width, width);
  }

  /** Copies row `at` of `from` into row `row`. @throws {RangeError} if there is no memory for it */
  write(row: number, from: Numbers, at: number): void {
    const { width } = this;
    copyNumbers(from, at * width, this.#chunkOf(row), (row & ((1 << this.#bits) - 1)) * width, width);
  }

  /** The first `count` rows as they are kept, one after the other. */
  first(count: number): A {
    const rows = new this.#type(count * this.width);
    for (let row = 0; row < count; row += 1 << this.#bits) {
      rows.set(this.#chunkOf(row).subarray(0, (count - row) * this.width), row * this.width);
    }
    return rows;
  }

  /**
   * Sets the first rows, as {@link first} returned them.
   * @param name what they are, as errors name it
   * @throws if these are not `count` rows; {RangeError} if there is no memory for them
   */
  setFirst(rows: A, count: number, name: string): void {
    const { width } = this;
    if (!(rows instanceof this.#type && rows.length === count * width)) {
      const got = `${rows?.constructor.name} of ${rows?.length} numbers`;
      throw new Error(`${name}: got ${got}, expected a ${this.#type.name} of ${count} rows of ${width}`);
    }
    for (let row = 0; row * width < rows.length; row += 1 << this.#bits) {
      const chunk = this.#chunkOf(row);
      chunk.set(rows.subarray(row * width, row * width + chunk.length) as A & Uint8Array);
    }
  }

  /** These rows as they are kept, one after the other. */
  gathered(rows: Int32Array): A {
    const { width } = this;
    const all = new this.#type(rows.length * width);
    for (const [at, row] of rows.entries()) {
      const begin = (row & ((1 << this.#bits) - 1)) * width;
      all.set(this.#chunks[row >>> this.#bits]!.subarray(begin, begin + width) as A & Uint8Array, at * width);
    }
    return all;
  }

  #chunkOf(row: number): A {
    const index = row >>> this.#bits;
    const found = this.#chunks[index];
    if (found !== undefined) return found;
    const rows = Math.min(1 << this.#bits, this.#capacity - index * (1 << this.#bits));
    const made = new this.#type(rows * this.width);
    this.#chunks[index] = made;
    return made;
  }
}

/** A row of fewer numbers is copied by a loop: a view of it would cost more than it saves. */
const FEW = 32;

function copyNumbers(from: Numbers, begin: number, to: Numbers, at: number, count: number): void {
  if (count < FEW) for (let j = 0; j < count; j++) to[at + j] = from[begin + j]!;
  else to.set(from.subarray(begin, begin + count), at);
}

/** k/255 in float32, as a policy sees the bytes of an image. */
const SHARES = Float32Array.from({ length: 256 }, (_, k) => k / 255);

/** Rows of numbers k/255, k a whole number from 0 to 255, each kept as the byte k. Exact. */
class ByteRows extends Rows<Uint8Array> {
  readonly #row: Uint8Array;

  constructor(width: number, capacity: number) {
    super(Uint8Array, width, capacity);
    this.#row = new Uint8Array(width);
  }

  override read(row: number, into: Float32Array, at: number): void {
    super.read(row, this.#row, 0);
    for (let j = 0; j < this.width; j++) into[at * this.width + j] = SHARES[this.#row[j]!]!;
  }

  /** @throws if a number is no k/255 */
  override write(row: number, from: Float32Array, at: number): void {
    for (let j = 0; j < this.width; j++) {
      const share = from[at * this.width + j]!;
      const byte = Math.round(share * 255);
      if (SHARES[byte] !== share) {
        throw new Error(
          `got ${share} in an observation, expected k/255 with whole numbers k from 0 to 255, as its space says`,
        );
      }
      this.#row[j] = byte;
    }
    super.write(row, this.#row, 0);
  }
}

/** The version of the state's format; 1 had the next observations beside the observations. */
const VERSION = 2;

/** How an episode went on after a transition. */
const TERMINATED = 1;
const TRUNCATED = 2;

type ReplayConfig = Pick<OffPolicyConfig, 'bufferSize' | 'batchSize' | 'gamma' | 'nSteps' | 'prioritizedAlpha'>;

interface ReplayBufferOptions
  extends Pick<ReplayConfig, 'batchSize' | 'gamma'>,
    Partial<Pick<ReplayConfig, 'nSteps' | 'prioritizedAlpha'>> {
  /** Whose it is, as errors name it: `Sac`. */
  readonly owner: string;
  /** The most transitions that it holds. */
  readonly capacity: number;
  /** Parallel environments. */
  readonly numEnvs: number;
  readonly observationDim: number;
  readonly actionDim: number;
  /** Whether all numbers of observations are k/255 for whole numbers k from 0 to 255, of which k is kept, as a byte. */
  readonly bytes?: boolean;
}

type ReplayBufferState = ReturnType<ReplayBuffer['state']>;

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
 * Rows are drawn uniformly, or by the {@link Priorities} of their errors.
 */
export class ReplayBuffer {
  /** Shapes of a minibatch. */
  readonly shapes: BatchShapes;
  /** The observations that the next actions answer, `[envs · observationDim]`. */
  readonly current: Float32Array;
  readonly #options: ReplayBufferOptions;
  readonly #rows;
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
    const observationRows = (): Rows<Float32Array | Uint8Array> =>
      bytes ? new ByteRows(observationDim, capacity) : new Rows(Float32Array, observationDim, capacity);
    this.#rows = {
      observations: observationRows(),
      actions: new Rows(Float32Array, actionDim, capacity),
      rewards: new Rows(Float32Array, 1, capacity),
      /** 0 where the episode went on. */
      ends: new Rows(Uint8Array, 1, capacity),
      /** Which row of the last observations a transition has that ended its episode. */
      endRows: new Rows(Int32Array, 1, capacity),
      lastObservations: observationRows(),
    };
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
    this.#batch = emptyBatch(this.shapes);
    this.#drawn = new Int32Array(batchSize);
  }

  /** How many transitions it holds. */
  get size(): number {
    return Math.min(this.#added, this.#options.capacity);
  }

  /** Forgets all transitions. @param observations the first ones of all environments, if there are some */
  begin(observations?: Float32Array): void {
    this.#added = 0;
    this.#freeEndRows = [];
    this.#usedEndRows = 0;
    this.#priorities?.clear();
    if (observations) this.current.set(observations);
  }

  /**
   * Takes a step of all environments from the current observations.
   * @param actions what they got, `[envs · actionDim]`
   * @throws if observations that are to be kept as bytes are none, or there is no memory for more
   */
  add(actions: Float32Array, step: Omit<VectorStep, 'infos' | 'finalInfos' | 'resets'>): void {
    const { rewards, terminations, truncations, finalObservations } = step;
    const columns = { observations: this.current, actions, rewards };
    for (let i = 0; i < this.#options.numEnvs; i++) {
      const end = endOf(terminations[i]!, truncations[i]!);
      this.#addRow(columns, i, end, finalObservations, i);
    }
    this.current.set(step.observations);
  }

  /**
   * Takes a whole episode: the same as its steps one after the other. One that neither ended nor was cut counts as cut.
   * @throws if the replay is of several environments, observations that are to be bytes are none, or there is no memory for more
   */
  addEpisode(episode: Episode): void {
    const { owner, numEnvs } = this.#options;
    const { observations, rewards, terminations, truncations } = episode;
    if (numEnvs !== 1) throw new Error(`${owner}: a replay of ${numEnvs} environments takes steps, and no episodes`);
    const steps = rewards.length;
    for (let t = 0; t < steps; t++) {
      const end = endOf(terminations[t]!, t === steps - 1 ? 1 : truncations[t]!);
      this.#addRow(episode, t, end, observations, t + 1);
    }
  }

  /** Transitions drawn with replacement, in arrays that the next call uses again. @throws if it holds none */
  sample(rng: Rng, { scale, beta = 1 }: { readonly scale?: Scale; readonly beta?: number } = {}): Transitions {
    const [rows, batch] = [this.#drawn, this.#batch];
    if (this.#priorities === undefined) this.sampleInto(batch, 0, rows.length, rng, scale);
    else {
      this.#priorities.draw(rng, rows, batch.weights!, this.size, beta);
      for (let i = 0; i < rows.length; i++) this.#gather(rows[i]!, batch, i, scale);
    }
    return batch;
  }

  /**
   * Writes transitions that are drawn uniformly, with replacement, into the rows of a minibatch from `begin` on, up to `end`.
   * @throws if it holds none
   */
  sampleInto(batch: Transitions, begin: number, end: number, rng: Rng, scale?: Scale): void {
    const { size } = this;
    for (let i = begin; i < end; i++) this.#gather(rng.integer(0, size), batch, i, scale);
  }

  /**
   * Sets the priorities of the rows of the last minibatch, where it has weights.
   * @param errors δ, `[batch]`: how far each row was from its target
   * @throws if one is not finite
   */
  prioritize(errors: ArrayLike<number>): void {
    this.#drawn.forEach((row, i) => this.#priorities?.update(row, errors[i]!));
  }

  state() {
    const { size } = this;
    const { observations, actions, rewards, ends, endRows, lastObservations } = this.#rows;
    const lasts = endRows.first(size).filter((_, row) => ends.get(row) !== 0);
    return {
      version: VERSION,
      added: this.#added,
      current: this.current.slice(),
      observations: observations.first(size),
      actions: actions.first(size),
      rewards: rewards.first(size),
      ends: ends.first(size),
      // In the order of their transitions' rows.
      lastObservations: lastObservations.gathered(lasts),
      ...(this.#priorities && { priorities: this.#priorities.state(size) }),
    };
  }

  setState(state: ReplayBufferState): void {
    const { capacity, numEnvs } = this.#options;
    const { version, added, current, ends, priorities } = state;
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
    const size = Math.min(added, capacity);
    this.begin();
    setSameLength({ current: [this.current, current] });
    const { observations, actions, rewards, endRows, lastObservations } = this.#rows;
    observations.setFirst(state.observations, size, 'observations');
    actions.setFirst(state.actions, size, 'actions');
    rewards.setFirst(state.rewards, size, 'rewards');
    this.#rows.ends.setFirst(ends, size, 'ends');
    for (let row = 0; row < size; row++) if (ends[row] !== 0) endRows.set(row, this.#usedEndRows++);
    lastObservations.setFirst(state.lastObservations, this.#usedEndRows, 'lastObservations');
    if (priorities) this.#priorities?.setState(priorities, size);
    this.#added = added;
  }

  /**
   * Adds a transition, row `at` of these arrays.
   * @param end whether the episode ended with it
   * @param lasts has in its row `lastAt` where the transition led to, if the episode ended
   */
  #addRow(
    columns: Pick<Episode, 'observations' | 'actions'> & { rewards: ArrayLike<number> },
    at: number,
    end: number,
    lasts: Float32Array,
    lastAt: number,
  ): void {
    const { owner, capacity } = this.#options;
    const { observations, actions, rewards, ends, endRows, lastObservations } = this.#rows;
    try {
      const row = this.#added % capacity;
      if (this.#added >= capacity && ends.get(row) !== 0) this.#freeEndRows.push(endRows.get(row));
      observations.write(row, columns.observations, at);
      actions.write(row, columns.actions, at);
      rewards.set(row, columns.rewards[at]!);
      ends.set(row, end);
      this.#priorities?.add(row);
      if (end !== 0) {
        const endRow = this.#freeEndRows.pop() ?? this.#usedEndRows++;
        endRows.set(row, endRow);
        lastObservations.write(endRow, lasts, lastAt);
      }
      this.#added += 1;
    } catch (error) {
      const isFull = error instanceof RangeError;
      const noMemory = `bufferSize: got ${capacity}, but there is no memory for more than the ${this.#added} transitions that were made`;
      throw new Error(`${owner}: ${isFull ? noMemory : (error as Error).message}`, { cause: error });
    }
  }

  /** Writes what a row stands for into row i of a minibatch. */
  #gather(row: number, batch: Transitions, i: number, scale: Scale): void {
    const { capacity, numEnvs, gamma, nSteps = 1 } = this.#options;
    const { observations, actions, rewards, ends, endRows, lastObservations } = this.#rows;
    const { nextObservations } = batch;
    observations.read(row, batch.observations, i);
    actions.read(row, batch.actions, i);
    let at = row;
    /** How many transitions have been added after it, of all environments. */
    let after = ((this.#added - 1) % capacity) - row;
    if (after < 0) after += capacity;
    let sum = 0;
    let discount = 1;
    for (let k = 1; ; k++) {
      const reward = rewards.get(at);
      sum += discount * (scale === undefined ? reward : scale(reward));
      discount *= gamma;
      if (k === nSteps || after < numEnvs || ends.get(at) !== 0) break;
      at = (at + numEnvs) % capacity;
      after -= numEnvs;
    }
    batch.rewards[i] = sum;
    batch.discounts[i] = discount;
    const end = ends.get(at);
    batch.terminations[i] = end === TERMINATED ? 1 : 0;
    if (end !== 0) lastObservations.read(endRows.get(at), nextObservations, i);
    else if (after >= numEnvs) observations.read((at + numEnvs) % capacity, nextObservations, i);
    else {
      // The last step of all environments, the last row of which is of the last environment.
      const { observationDim } = this.#options;
      const from = (numEnvs - 1 - after) * observationDim;
      for (let j = 0; j < observationDim; j++) nextObservations[i * observationDim + j] = this.current[from + j]!;
    }
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

/**
 * The replay that an agent's options ask for. Where bytes are all that observations have, as in images and one-hot vectors, it keeps bytes.
 * @param owner whose it is, as errors name it: `Sac`
 * @throws if as many transitions as it is to hold can never fit in memory
 */
export function replayFor(owner: string, config: ReplayConfig, env: VectorEnv): ReplayBuffer {
  const [observationDim, actionDim] = [env.singleObservationSpace.size, env.singleActionSpace.size];
  // A mask of actions, which may be added to the flat observation, is of zeros and ones.
  const { singleObservationSpace } = env instanceof FlatVectorEnv ? env.env : env;
  const bytes = new ObservationLayout(`${owner}: observations`, singleObservationSpace).areBytes;
  const options = {
    ...config,
    owner,
    capacity: config.bufferSize,
    numEnvs: env.numEnvs,
    observationDim,
    actionDim,
    bytes,
  };
  // First: what holds the priorities takes all of its memory at once.
  checkFitsInMemory(`${owner}: bufferSize`, config.bufferSize, 'transitions', bytesPerTransition(options));
  return new ReplayBuffer(options);
}

/**
 * Numbers ≥ 0 with the sums over parts of them, in a binary tree: a number is set, and the one at which a running sum passes a value is found, in
 * O(log n). Each inner node is the sum of its two children, rounded once, so the tree depends on the numbers alone and not on the order
 * in which they were set.
 */
export class SumTree {
  readonly count: number;
  /** Node 1 is the root, those of i are 2 i and 2 i + 1; the leaves are the last half. */
  readonly #nodes: Float64Array;
  readonly #leaves: number;

  /** All are 0. */
  constructor(count: number) {
    this.count = count;
    let leaves = 1;
    while (leaves < count) leaves *= 2;
    this.#leaves = leaves;
    this.#nodes = new Float64Array(2 * leaves);
  }

  /** The sum of all. */
  get total(): number {
    return this.#nodes[1]!;
  }

  get(i: number): number {
    return this.#nodes[this.#leaves + i]!;
  }

  set(i: number, value: number): void {
    const nodes = this.#nodes;
    let at = this.#leaves + i;
    nodes[at] = value;
    for (at >>>= 1; at >= 1; at >>>= 1) nodes[at] = nodes[2 * at]! + nodes[2 * at + 1]!;
  }

  /** The first `count` numbers. */
  first(count: number): Float64Array {
    return this.#nodes.slice(this.#leaves, this.#leaves + count);
  }

  /** Sets the first numbers, and all others to 0. */
  setFirst(values: Float64Array): void {
    const nodes = this.#nodes;
    nodes.fill(0);
    nodes.set(values, this.#leaves);
    for (let at = this.#leaves - 1; at >= 1; at--) nodes[at] = nodes[2 * at]! + nodes[2 * at + 1]!;
  }

  /** The i with Σ_{j < i} xⱼ ≤ sum < Σ_{j ≤ i} xⱼ, or one next to it by rounding; never one of number 0, unless all are. */
  find(sum: number): number {
    const nodes = this.#nodes;
    let rest = sum;
    let at = 1;
    while (at < this.#leaves) {
      const left = nodes[2 * at]!;
      if (rest < left || nodes[2 * at + 1] === 0) {
        at = 2 * at;
      } else {
        rest -= left;
        at = 2 * at + 1;
      }
    }
    return at - this.#leaves;
  }
}

/** A minibatch of transitions, row by row. */
export interface Transitions {
  readonly observations: Float32Array;
  readonly actions: Float32Array;
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
export type TransitionTensors<Scalar extends string> = { readonly [Column in keyof Transitions]: tf.Tensor } & Readonly<
  Record<Scalar, tf.Tensor>
>;
