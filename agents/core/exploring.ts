import * as tf from '@tensorflow/tfjs-core';
import { compile, type Policy, portableMath, type Rng, sampleAction } from '../../src/index.ts';
import { type Bounds, halfWidths } from '../../src/policies/boxScale.ts';
import { type Stateful, setSameLength } from './state.ts';

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

/** μ(o), the squash of the policy's exact mode: `[batch, observationDim]` → `[batch, actionDim]`. */
export function meanAction(policy: Policy, observations: tf.Tensor): tf.Tensor {
  const distribution = policy.given(observations);
  return distribution.squash(distribution.mode!());
}

/**
 * How an agent explores by samples of its policy.
 * @param name of the agent, as `sac`
 * @param numEnvs how many observations there are at a time
 * @returns the compiled function, to be disposed with the agent's others, and what acts by it: `[envs, observationDim]` → `[envs, actionDim]`
 */
export function sampledActions(name: string, policy: Policy, numEnvs: number) {
  const act = compile(
    ({ observations }: { observations: tf.Tensor }, rng) => ({
      action: sampleAction(policy.given(observations), rng).action,
    }),
    { name: `${name}/act`, state: [policy] },
  );
  return { act, sampled: act.onArrays({ observations: { shape: [numEnvs, policy.observationDim] } }) };
}

/**
 * The direction in which particles move to become samples of a density p, in the unit ball of a kernel's space the one in which their
 * KL divergence to p falls fastest:
 *
 *   φ(uᵢ) = 1/M Σⱼ [κ(uⱼ, uᵢ) ∇ log p(uⱼ) + ∇_{uⱼ} κ(uⱼ, uᵢ)],  κ(u, u′) = exp(−‖u − u′‖² / h),  h = mean ‖uᵢ − uⱼ‖² / log M:
 *
 * the first part draws them to where p is large, the second pushes them apart. The mean is over all M² pairs; the paper takes the median, whose sorting costs more than the rest.
 *
 * Liu & Wang, "Stein Variational Gradient Descent", arXiv:1608.04471.
 *
 * @param particles `[batch, M, dim]`, M ≥ 2: a set of particles for each row of the batch
 * @param scores `[batch, M, dim]`, ∇ log p at the particles
 * @param wrap brings a difference of two particles to the shortest one where there are several, as of angles
 * @returns `[batch, M, dim]`
 */
export function steinDirection(
  particles: tf.Tensor,
  scores: tf.Tensor,
  wrap: (difference: tf.Tensor) => tf.Tensor = (difference) => difference,
): tf.Tensor {
  const count = particles.shape[1]!;
  // [batch, i, j, dim]: uᵢ − uⱼ
  const differences = wrap(tf.sub(tf.expandDims(particles, 2), tf.expandDims(particles, 1)));
  const squares = tf.sum(tf.square(differences), 3);
  // Where all are in one place the kernel is 1 for any width.
  const width = tf.maximum(tf.div(tf.mean(squares, [1, 2], true), portableMath.log(count)), 1e-6);
  const kernel = tf.exp(tf.neg(tf.div(squares, width)));
  const drawn = tf.matMul(kernel, scores);
  const pushed = tf.sum(tf.mul(tf.expandDims(tf.div(tf.mul(2, kernel), width), 3), differences), 2);
  return tf.div(tf.add(drawn, pushed), count);
}
