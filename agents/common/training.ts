import { Rng, type RngState } from '../../src/index.ts';
import type { TrainOptions } from '../agent.ts';
import type { Stateful } from './agentParts.ts';

interface TrainingState {
  readonly seed: string;
  readonly step: number;
  readonly updates: number;
  readonly streams: Readonly<Record<string, RngState>>;
}

/** Where a training is: its counters, and its random streams by name. */
export class Training<Stream extends string> implements Stateful<TrainingState | null> {
  /** As the reports say it. */
  step = 0;
  updates = 0;
  readonly #agent: string;
  readonly #names: readonly Stream[];
  #seed: string | undefined;
  #streams = {} as Readonly<Record<Stream, Rng>>;
  #goesOn = false;

  /**
   * @param agent whose training it is, as errors name it
   * @param streams names of splits of the training's rng
   */
  constructor(agent: string, streams: readonly Stream[]) {
    this.#agent = agent;
    this.#names = streams;
  }

  get streams(): Readonly<Record<Stream, Rng>> {
    return this.#streams;
  }

  /**
   * To be called first: a training begins, or goes on from the state that was set.
   * @returns whether it begins
   * @throws if `steps` is no positive integer, or the state is of a training with another rng
   */
  begin({ steps, rng }: TrainOptions): boolean {
    if (!Number.isInteger(steps) || steps <= 0) {
      throw new Error(`${this.#agent}.train: wanted a positive integer of steps, got ${steps}`);
    }
    if (this.#goesOn && rng.seed !== this.#seed) {
      throw new Error(
        `${this.#agent}.train: rng: got the seed '${rng.seed}', expected '${this.#seed}', which the state to go on from had`,
      );
    }
    const begins = !this.#goesOn;
    this.#goesOn = false;
    if (begins) {
      this.step = 0;
      this.updates = 0;
      this.#seed = rng.seed;
      this.#streams = this.#each((name) => rng.split(name));
    }
    return begins;
  }

  /** null before the beginning. */
  state(): TrainingState | null {
    if (this.#seed === undefined) return null;
    const { step, updates } = this;
    return { seed: this.#seed, step, updates, streams: this.#each((name) => this.#streams[name].state()) };
  }

  setState(state: TrainingState | null): void {
    if (state === null) {
      this.#seed = undefined;
      this.#goesOn = false;
      return;
    }
    this.#streams = this.#each((name) => Rng.fromState(state.streams[name]!));
    this.#seed = state.seed;
    this.step = state.step;
    this.updates = state.updates;
    this.#goesOn = true;
  }

  #each<T>(make: (name: Stream) => T): Record<Stream, T> {
    return Object.fromEntries(this.#names.map((name) => [name, make(name)])) as Record<Stream, T>;
  }
}
