import type { Box } from '../../envs/index.ts';
import type { Rng } from '../../src/index.ts';
import { halfWidths } from '../../src/policies/halfWidths.ts';
import type { Stateful } from './agentParts.ts';
import { setSameLength } from './setSameLength.ts';

/**
 * Noise on the actions of parallel environments: n ← ρ n + √(1 − ρ²) σ ε, ε ~ N(0, 1), for each component in units of half the width of its
 * bounds, or 1 where it has none. ρ = 0 gives independent noise; near 1 it is Ornstein and Uhlenbeck's process, which pushes in one
 * direction for about 1 / (1 − ρ) steps: for tasks that are solved by swinging.
 *
 * Lillicrap et al., "Continuous control with deep reinforcement learning", arXiv:1509.02971.
 */
export class ExplorationNoise implements Stateful<Float32Array> {
  readonly #noise: Float32Array;
  readonly #noisy: Float32Array;
  readonly #halfWidths: readonly number[];
  readonly #sigma: number;
  readonly #correlation: number;

  /** @param options σ and ρ */
  constructor(
    numEnvs: number,
    actionSpace: Box,
    options: { readonly explorationNoise: number; readonly noiseCorrelation: number },
  ) {
    this.#noise = new Float32Array(numEnvs * actionSpace.size);
    this.#noisy = new Float32Array(this.#noise.length);
    this.#halfWidths = halfWidths(actionSpace);
    this.#sigma = options.explorationNoise;
    this.#correlation = options.noiseCorrelation;
  }

  reset(): void {
    this.#noise.fill(0);
  }

  /** @param actions `[envs · actionDim]` @returns them with noise, in an array that the next call uses again */
  addedTo(actions: ArrayLike<number>, rng: Rng): Float32Array {
    const fresh = this.#sigma * Math.sqrt(1 - this.#correlation * this.#correlation);
    for (let i = 0; i < this.#noisy.length; i++) {
      const noise = this.#correlation * this.#noise[i]! + fresh * rng.normal();
      this.#noise[i] = noise;
      this.#noisy[i] = actions[i]! + noise * this.#halfWidths[i % this.#halfWidths.length]!;
    }
    return this.#noisy;
  }

  state(): Float32Array {
    return this.#noise.slice();
  }

  setState(noise: Float32Array): void {
    setSameLength({ noise: [this.#noise, noise] });
  }
}
