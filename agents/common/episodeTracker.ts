import type { Info, VectorStep } from '../../envs/index.ts';
import type { Stateful } from './agentParts.ts';
import { setSameLength } from './setSameLength.ts';

/** What there is to say of a finished episode. */
export interface EpisodeReport {
  /** The undiscounted sum of rewards. */
  readonly return: number;
  readonly length: number;
  /** What the environment said with the last step. */
  readonly info: Info;
}

interface EpisodeTrackerState {
  readonly returns: Float64Array;
  readonly lengths: Int32Array;
}

/** Sums up the episodes of parallel environments that reset in the step that ends an episode. */
export class EpisodeTracker implements Stateful<EpisodeTrackerState> {
  readonly #returns: Float64Array;
  readonly #lengths: Int32Array;

  constructor(numEnvs: number) {
    this.#returns = new Float64Array(numEnvs);
    this.#lengths = new Int32Array(numEnvs);
  }

  /** Takes in one step and appends the episodes that it ended to `finished`. */
  track({ rewards, terminations, truncations, finalInfos }: VectorStep, finished: EpisodeReport[]): void {
    for (let i = 0; i < rewards.length; i++) {
      this.#returns[i]! += rewards[i]!;
      this.#lengths[i]! += 1;
      if (terminations[i] || truncations[i]) {
        finished.push({ return: this.#returns[i]!, length: this.#lengths[i]!, info: finalInfos[i]! });
        this.#returns[i] = 0;
        this.#lengths[i] = 0;
      }
    }
  }

  /** Forgets the episodes that have begun. */
  reset(): void {
    this.#returns.fill(0);
    this.#lengths.fill(0);
  }

  state(): EpisodeTrackerState {
    return { returns: this.#returns.slice(), lengths: this.#lengths.slice() };
  }

  setState({ returns, lengths }: EpisodeTrackerState): void {
    setSameLength({ returns: [this.#returns, returns], lengths: [this.#lengths, lengths] });
  }
}
