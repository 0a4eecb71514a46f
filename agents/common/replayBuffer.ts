import type { Rng } from '../../src/index.ts';
import type { Stateful } from './agentParts.ts';
import type { TransitionSource, Transitions } from './transitions.ts';

interface ReplayBufferState extends Transitions {
  readonly added: number;
}

/** The last transitions, of which minibatches are drawn; flat arrays that are written round and round. */
export class ReplayBuffer implements TransitionSource, Stateful<ReplayBufferState> {
  readonly capacity: number;
  readonly shapes: TransitionSource['shapes'];
  readonly #widths: Readonly<Record<keyof Transitions, number>>;
  readonly #rows: Transitions;
  readonly #batch: Transitions;
  /** Transitions so far, those that were overwritten included. */
  #added = 0;

  constructor(sizes: { capacity: number; batchSize: number; observationDim: number; actionDim: number }) {
    const { capacity, batchSize, observationDim, actionDim } = sizes;
    this.capacity = capacity;
    this.#widths = {
      observations: observationDim,
      actions: actionDim,
      rewards: 1,
      nextObservations: observationDim,
      terminations: 1,
    };
    this.shapes = {
      observations: { shape: [batchSize, observationDim] },
      actions: { shape: [batchSize, actionDim] },
      rewards: { shape: [batchSize] },
      nextObservations: { shape: [batchSize, observationDim] },
      terminations: { shape: [batchSize] },
    };
    this.#rows = this.#arrays((width) => new Float32Array(capacity * width));
    this.#batch = this.#arrays((width) => new Float32Array(batchSize * width));
  }

  get size(): number {
    return Math.min(this.#added, this.capacity);
  }

  /** Takes row `row` of arrays of several rows. */
  add(from: Readonly<Record<keyof Transitions, ArrayLike<number>>>, row: number): void {
    const at = this.#added % this.capacity;
    copyRow(from.observations, row, this.#rows.observations, at, this.#widths.observations);
    copyRow(from.actions, row, this.#rows.actions, at, this.#widths.actions);
    copyRow(from.nextObservations, row, this.#rows.nextObservations, at, this.#widths.observations);
    this.#rows.rewards[at] = from.rewards[row]!;
    this.#rows.terminations[at] = from.terminations[row]!;
    this.#added += 1;
  }

  /** Transitions drawn uniformly, with replacement. */
  sample(rng: Rng): Transitions {
    const { observations, actions, rewards, nextObservations, terminations } = this.#batch;
    const rows = this.#rows;
    for (let i = 0; i < rewards.length; i++) {
      const row = rng.integer(0, this.size);
      copyRow(rows.observations, row, observations, i, this.#widths.observations);
      copyRow(rows.actions, row, actions, i, this.#widths.actions);
      copyRow(rows.nextObservations, row, nextObservations, i, this.#widths.observations);
      rewards[i] = rows.rewards[row]!;
      terminations[i] = rows.terminations[row]!;
    }
    return this.#batch;
  }

  clear(): void {
    this.#added = 0;
  }

  state(): ReplayBufferState {
    const held = this.#arrays((width, name) => this.#rows[name].slice(0, this.size * width));
    return { added: this.#added, ...held };
  }

  setState({ added, ...held }: ReplayBufferState): void {
    const size = Math.min(added, this.capacity);
    this.#arrays((width, name) => {
      if (held[name]?.length === size * width) return held[name];
      throw new Error(`${name}: got ${held[name]?.length} numbers, expected ${size} rows of ${width}`);
    });
    this.#arrays((_, name) => {
      this.#rows[name].set(held[name]);
      return held[name];
    });
    this.#added = added;
  }

  #arrays(make: (width: number, name: keyof Transitions) => Float32Array): Transitions {
    const names = Object.keys(this.#widths) as (keyof Transitions)[];
    return Object.fromEntries(names.map((name) => [name, make(this.#widths[name], name)])) as unknown as Transitions;
  }
}

function copyRow(from: ArrayLike<number>, row: number, to: Float32Array, at: number, width: number): void {
  for (let j = 0; j < width; j++) to[at * width + j] = from[row * width + j]!;
}
