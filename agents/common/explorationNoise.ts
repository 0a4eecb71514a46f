import type { Rng } from '../../src/index.ts';
import { type Bounds, halfWidths } from '../../src/policies/boxScale.ts';
import type { Stateful } from './agentParts.ts';
import { setSameLength } from './setSameLength.ts';

const TURN = 2 * Math.PI;

/**
 * Noise on the actions of parallel environments: n ← ρ n + √(1 − ρ²) σ ε, ε ~ N(0, 1), for each component in units of half the width of its
 * bounds, or 1 where it has none. ρ = 0 gives independent noise; near 1 it is Ornstein and Uhlenbeck's process, which pushes in one
 * direction for about 1 / (1 − ρ) steps: for tasks that are solved by swinging. Where actions are angles, an angle with noise goes on round the
 * circle, where it would else end at ±π.
 *
 * Lillicrap et al., "Continuous control with deep reinforcement learning", arXiv:1509.02971.
 */
export class ExplorationNoise implements Stateful<Float32Array> {
  readonly #noise: Float32Array;
  readonly #noisy: Float32Array;
  readonly #halfWidths: readonly number[];
  readonly #sigma: number;
  readonly #correlation: number;
  readonly #angles: boolean;

  /**
   * @param options σ and ρ
   * @param angles whether actions are angles
   */
  constructor(
    numEnvs: number,
    units: Bounds,
    options: { readonly explorationNoise: number; readonly noiseCorrelation: number },
    angles = false,
  ) {
    this.#noise = new Float32Array(numEnvs * units.low.length);
    this.#noisy = new Float32Array(this.#noise.length);
    this.#halfWidths = halfWidths(units);
    this.#sigma = options.explorationNoise;
    this.#correlation = options.noiseCorrelation;
    this.#angles = angles;
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
      const noisy = actions[i]! + noise * this.#halfWidths[i % this.#halfWidths.length]!;
      this.#noisy[i] = this.#angles ? noisy - TURN * Math.floor(noisy / TURN + 0.5) : noisy;
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
