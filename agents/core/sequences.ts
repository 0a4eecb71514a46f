import { type Policy, Rng } from '../../src/index.ts';
import { Minibatches } from '../../src/training/optimization.ts';
import { checkMemoryOption } from './checks.ts';
import { stepSize } from './envs.ts';
import type { ReplayBuffer, Transitions } from './replay.ts';
import { type Stateful, setSameLength } from './state.ts';

/** Pairs of observation and action, row by row: `[count · observationDim]` and `[count · actionDim]`. */
export interface Demonstrations {
  readonly observations: Float32Array;
  readonly actions: Float32Array;
  /** How many rows each episode has, one episode after another: what a policy with a memory, or of chunks, needs, and others do not. */
  readonly episodes?: readonly { readonly length: number }[];
}

export type Column = 'observations' | 'actions' | 'weights' | 'state' | 'lengths';

/** The longest sequences unless an option says so: most episodes of robots that reach and place are shorter. */
const USUAL_LENGTH = 64;

/** The demonstrations of a policy with a memory; undefined without one. @throws if they are no episodes */
export function sequencesFor(
  {
    policy,
    demonstrations,
    validation,
    sequenceLength,
  }: {
    policy: Policy;
    demonstrations: Demonstrations;
    validation?: Demonstrations | undefined;
    sequenceLength?: number | undefined;
  },
  batchSize: number,
): Sequences | undefined {
  checkMemoryOption('BehaviorCloning', policy, 'sequenceLength', sequenceLength);
  if (policy.memory === undefined) return undefined;
  const lengths = episodeLengths(policy, demonstrations, 'demonstrations');
  if (validation !== undefined) episodeLengths(policy, validation, 'validation');
  const length = Math.min(
    sequenceLength ?? USUAL_LENGTH,
    lengths.reduce((most, steps) => Math.max(most, steps)),
  );
  const pieces = lengths.reduce((sum, steps) => sum + Math.ceil(steps / length), 0);
  const pairs = lengths.reduce((sum, steps) => sum + steps, 0);
  const batch = Math.max(1, Math.round((batchSize * pieces) / pairs));
  return new Sequences(policy, demonstrations, { length, batch });
}

/**
 * Demonstrations for a policy of chunks: beside each observation the actions of its step and of those after it in the episode, and how many
 * these are. Of others they are as they are.
 *
 * Where the episode ends before the chunk, what is behind its end are actions of other rows, drawn once. Nothing before the end depends on
 * them, so that the density of chunks that is learned has the law of the actions before the end as it is. A copy of the last action, as
 * Diffusion Policy's code learns it, is a function of it: on such chunks no density is large enough, and flows spend themselves on it. With
 * `wholeChunks` there are none of these.
 * @param what they are, as errors name them
 * @throws one line, as {@link sequencesFor}, or if there is no chunk
 */
export function chunkedDemonstrations(
  { policy, wholeChunks }: { readonly policy: Policy; readonly wholeChunks: boolean },
  demonstrations: Demonstrations,
  what: string,
): Pick<Demonstrations, 'observations' | 'actions'> & { readonly lengths?: Float32Array } {
  if (policy.chunk === undefined) return demonstrations;
  const { length } = policy.chunk;
  const [size, seen] = [stepSize(policy), policy.observationDim];
  const steps = episodeLengths(policy, demonstrations, what);
  const rows = demonstrations.actions.length / size;
  const kept = wholeChunks ? steps.reduce((sum, own) => sum + Math.max(0, own - length + 1), 0) : rows;
  if (kept === 0) {
    const expected = `expected some of the ${length} steps of a chunk`;
    throw new Error(`BehaviorCloning: wholeChunks: got shorter episodes alone in the ${what}, ${expected}`);
  }
  const rng = new Rng('chunks');
  const observations = new Float32Array(kept * seen);
  const actions = new Float32Array(kept * length * size);
  const lengths = new Float32Array(kept);
  let [row, at] = [0, 0];
  for (const own of steps) {
    const end = row + own;
    for (; row < end; row++) {
      if (wholeChunks && row + length > end) continue;
      observations.set(demonstrations.observations.subarray(row * seen, (row + 1) * seen), at * seen);
      lengths[at] = Math.min(length, end - row);
      for (let k = 0; k < length; k++) {
        const from = row + k < end ? row + k : rng.integer(0, rows);
        actions.set(demonstrations.actions.subarray(from * size, (from + 1) * size), (at * length + k) * size);
      }
      at += 1;
    }
  }
  return { observations, actions, lengths };
}

/** @throws one line, if the episodes are missing, or have other rows than there are */
function episodeLengths(policy: Policy, { observations, episodes }: Demonstrations, what: string): number[] {
  const expected = 'expected episodes: [{ length }, …] beside them, or a dataset';
  if (episodes === undefined) {
    const kind = policy.chunk === undefined ? 'with a memory' : 'of chunks';
    throw new Error(`BehaviorCloning: ${what}: got pairs alone for a policy ${kind}, ${expected}`);
  }
  const lengths = episodes.map(({ length }) => length);
  const rows = observations.length / policy.observationDim;
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total === rows && lengths.every((length) => Number.isInteger(length) && length > 0)) return lengths;
  throw new Error(
    `BehaviorCloning: ${what}.episodes: got ${total} rows in ${lengths.length} episodes, expected the ${rows} of the observations`,
  );
}

/**
 * Episodes cut into sequences of one length: row t · count + i is step t of sequence i, and sequences of one episode follow each other. One that is
 * shorter ends with copies of its last step, whose weight is 0: an action that was taken has a density, which nothing else need have.
 */
export class Sequences {
  readonly minibatches: Minibatches<Column>;
  /** Of a minibatch. */
  readonly shapes: Record<Exclude<Column, 'lengths'>, { shape: number[] }>;
  readonly #policy: Policy;
  readonly #size: { readonly length: number; readonly batch: number };
  /** Before the first step of each sequence, `[count · stateDim]`. */
  readonly #state: Float32Array;
  /** Which piece of its episode each sequence is, and the largest of these numbers. */
  readonly #pieces: readonly number[];
  readonly #last: number;

  /** @param size steps of a sequence, and sequences of a minibatch */
  constructor(policy: Policy, demonstrations: Demonstrations, size: { length: number; batch: number }) {
    const { length, batch } = size;
    const { observationDim, actionDim, stateDim } = policy;
    const begins: number[] = [];
    const steps: number[] = [];
    const pieces: number[] = [];
    let row = 0;
    for (const episodeLength of episodeLengths(policy, demonstrations, 'demonstrations')) {
      for (let t = 0; t < episodeLength; t += length) {
        begins.push(row + t);
        steps.push(Math.min(length, episodeLength - t));
        pieces.push(t / length);
      }
      row += episodeLength;
    }
    const count = begins.length;
    const rows = length * count;
    const weights = new Float32Array(rows);
    const sources = Int32Array.from({ length: rows }, (_, at) => {
      const [t, i] = [Math.floor(at / count), at % count];
      weights[at] = Number(t < steps[i]!);
      return begins[i]! + Math.min(t, steps[i]! - 1);
    });
    const laidOut = (values: Float32Array, width: number) =>
      Float32Array.from(
        { length: rows * width },
        (_, k) => values[sources[Math.floor(k / width)]! * width + (k % width)]!,
      );
    this.#policy = policy;
    this.#size = size;
    this.#state = new Float32Array(count * stateDim);
    this.#pieces = pieces;
    this.#last = pieces.reduce((most, piece) => Math.max(most, piece));
    this.minibatches = new Minibatches<Column>(
      {
        observations: { values: laidOut(demonstrations.observations, observationDim), width: observationDim },
        actions: { values: laidOut(demonstrations.actions, actionDim), width: actionDim },
        weights: { values: weights },
        state: { values: this.#state, width: stateDim, each: 'sequence' },
      },
      { count: rows, batchSize: length * batch, length, lanes: count },
    );
    this.shapes = {
      observations: { shape: [length * batch, observationDim] },
      actions: { shape: [length * batch, actionDim] },
      weights: { shape: [length * batch] },
      state: { shape: [batch, stateDim] },
    };
  }

  /** Other episodes in sequences and minibatches of the same size. */
  like(demonstrations: Demonstrations): Sequences {
    return new Sequences(this.#policy, demonstrations, this.#size);
  }

  /** Whether an episode is in pieces. */
  get isCut(): boolean {
    return this.#last > 0;
  }

  /** All sequences as minibatches, those that go on after others; what fills up the last ones has weight 0. */
  *inOrder() {
    const { batch } = this.#size;
    for (let piece = 0; piece <= this.#last; piece++) {
      const sequences = Array.from(this.#pieces.keys()).filter((i) => this.#pieces[i] === piece);
      for (let from = 0; from < sequences.length; from += batch) {
        const drawn = sequences.slice(from, from + batch);
        const filled = Int32Array.from({ length: batch }, (_, k) => drawn[k] ?? drawn[0]!);
        const gathered = this.minibatches.gather(filled);
        const weights = gathered.weights.map((weight, at) => (at % batch < drawn.length ? weight : 0));
        const weight = weights.reduce((sum, each) => sum + each, 0);
        yield { drawn, batch: { ...gathered, weights }, weight };
      }
    }
  }

  /** Keeps the states after some sequences, `[drawn · stateDim]`, for those that go on from there. */
  carry(drawn: readonly number[], after: ArrayLike<number>): void {
    const { stateDim } = this.#policy;
    drawn.forEach((i, k) => {
      if (this.#pieces[i + 1] !== this.#pieces[i]! + 1) return;
      for (let j = 0; j < stateDim; j++) this.#state[(i + 1) * stateDim + j] = after[k * stateDim + j]!;
    });
  }

  state(): Float32Array {
    return this.#state.slice();
  }

  setState(state: Float32Array): void {
    setSameLength({ state: [this.#state, state] });
  }
}

/**
 * Transitions of data, episode after episode, in sequences of one length that go on over the ends of episodes, the last one into the first rows. Each
 * begins with what was remembered after the one before it when that was last learned from, at first with zeros.
 */
export class DataSequences implements Stateful<Float32Array> {
  readonly #data: ReplayBuffer;
  readonly #size: { readonly length: number; readonly stateDim: number };
  /** Before the first step of each sequence, `[count · stateDim]`. */
  readonly #state: Float32Array;
  readonly #count: number;
  /** The sequences of the minibatch. */
  readonly #drawn: number[] = [];

  /** @param data are whole episodes, and all that there is room for */
  constructor(data: ReplayBuffer, size: { readonly length: number; readonly stateDim: number }) {
    this.#data = data;
    this.#size = size;
    this.#count = Math.ceil(data.size / size.length);
    this.#state = new Float32Array(this.#count * size.stateDim);
  }

  /** Nothing is remembered. */
  reset(): void {
    this.#state.fill(0);
  }

  /** Sequences drawn uniformly, with replacement. @param scale what a reward is learned as */
  sampleInto(batch: Transitions, rng: Rng, scale: (reward: number) => number): void {
    const { length, stateDim } = this.#size;
    for (let i = 0; i < batch.rewards.length / length; i++) {
      const drawn = rng.integer(0, this.#count);
      this.#drawn[i] = drawn;
      batch.state!.set(this.#state.subarray(drawn * stateDim, (drawn + 1) * stateDim), i * stateDim);
      this.#data.readSequence(drawn * length, batch, i, { length, scale });
    }
  }

  /** Takes what is remembered after the drawn sequences, `[sequences · stateDim]`: nothing where an episode ends. */
  carry(remembered: ArrayLike<number>): void {
    const { length, stateDim } = this.#size;
    this.#drawn.forEach((drawn, i) => {
      const next = drawn + 1;
      if (next === this.#count || this.#data.stepsAfter(next * length - 1) === 0) return;
      for (let j = 0; j < stateDim; j++) this.#state[next * stateDim + j] = remembered[i * stateDim + j]!;
    });
  }

  state(): Float32Array {
    return this.#state.slice();
  }

  setState(state: Float32Array): void {
    setSameLength({ state: [this.#state, state] });
  }
}
