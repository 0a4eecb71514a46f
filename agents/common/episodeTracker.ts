import type { Info, VectorStep } from '../../envs/index.ts';

export interface EpisodeReport {
  /** The undiscounted sum of rewards. */
  readonly return: number;
  readonly length: number;
  /** What the environment said with the last step. */
  readonly info: Info;
}

/** Sums up the episodes of parallel environments that reset in the step that ends an episode. */
export class EpisodeTracker {
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
}
