import type { Rng } from '../../src/index.ts';
import { checkObservations, checkStep } from './checkStep.ts';
import { commandActions } from './commandActions.ts';
import type { EpisodeReport } from './episodeTracker.ts';
import type { Act, RolloutCollectorOptions } from './rolloutCollector.ts';

export interface EpisodeCollectorOptions extends Omit<RolloutCollectorOptions, 'horizon'> {
  /** Episodes of each environment in one call of `collect`. */
  readonly rounds: number;
}

/** The steps of whole episodes, row by row; the rows of one episode are in their order, with those of others between them. */
class EpisodeSteps {
  readonly observations: Float32Array;
  readonly latents: Float32Array;
  /** V of the observation that each step began with. */
  readonly values: Float32Array;
  /** The discounted sum of rewards from each step on; of a truncated episode with the value of its last observation. */
  readonly returns: Float32Array;
  readonly envs: Int32Array;

  constructor(capacity: number, widths: { observation: number; action: number }) {
    this.observations = new Float32Array(capacity * widths.observation);
    this.latents = new Float32Array(capacity * widths.action);
    this.values = new Float32Array(capacity);
    this.returns = new Float32Array(capacity);
    this.envs = new Int32Array(capacity);
  }

  set(other: EpisodeSteps): void {
    for (const name of ['observations', 'latents', 'values', 'returns', 'envs'] as const) this[name].set(other[name]);
  }
}

/**
 * Runs whole episodes with one policy, of each of several parallel environments as many, so that short ones do not count more often. An
 * environment whose episode has ended idles until all have.
 */
export class EpisodeCollector {
  /** The steps of the last call of `collect` are in the first `rows` rows; the arrays are used again. */
  steps: EpisodeSteps;
  rows = 0;
  readonly #options: EpisodeCollectorOptions;
  readonly #widths: { observation: number; action: number };
  readonly #current: Float32Array;
  readonly #commanded: Float32Array;

  constructor(options: EpisodeCollectorOptions) {
    const { env, actionSpace } = options;
    this.#options = options;
    this.#widths = { observation: env.singleObservationSpace.size, action: actionSpace.size };
    this.#current = new Float32Array(env.numEnvs * this.#widths.observation);
    this.#commanded = new Float32Array(env.numEnvs * actionSpace.size);
    this.steps = new EpisodeSteps(256, this.#widths);
  }

  /** Seeds the environments, with which every training begins. */
  reset(seed: string): void {
    this.#options.env.reset({ seed });
  }

  /**
   * @param ended gets the episodes
   * @returns how many steps the environments made, the idle ones included
   * @throws if the environment gives a reward or an observation that is not finite
   */
  collect(rng: Rng, ended: EpisodeReport[]): number {
    this.rows = 0;
    this.#options.statistics?.publish();
    let count = 0;
    for (let round = 0; round < this.#options.rounds; round++) count += this.#round(rng, ended);
    return count;
  }

  /**
   * Fills the rows behind those of the last call of `collect`, up to `size`, with copies of its first step: an action that the policy took has a
   * density, which nothing else need have.
   */
  pad(size: number): void {
    const { observation, action } = this.#widths;
    const { observations, latents } = this.steps;
    for (let row = this.rows; row < size; row++) {
      observations.copyWithin(row * observation, 0, observation);
      latents.copyWithin(row * action, 0, action);
    }
  }

  #round(rng: Rng, ended: EpisodeReport[]): number {
    const { owner, env, actionSpace, act, valuesOf, gamma, statistics, scaler } = this.#options;
    const { numEnvs } = env;
    const first = this.rows;
    const episodes = Array.from({ length: numEnvs }, () => ({ return: 0, length: 0, isRunning: true, after: 0 }));
    this.#observe(env.reset()[0]);
    // What idled is in the middle of an episode, which has no end.
    scaler?.begin();
    let count = 0;
    for (let left = numEnvs; left > 0; count += numEnvs) {
      const acted = act({ observations: this.#current }, rng);
      commandActions(acted.action, actionSpace, this.#commanded);
      statistics?.observe(this.#current);
      const step = env.step(this.#commanded);
      checkStep(owner, step);
      const rewards = scaler?.scaled(step) ?? step.rewards;
      for (let i = 0; i < numEnvs; i++) {
        const episode = episodes[i]!;
        if (!episode.isRunning) continue;
        this.#append(i, acted, rewards[i]!);
        episode.return += step.rewards[i]!;
        episode.length += 1;
        if (!step.terminations[i] && !step.truncations[i]) continue;
        episode.isRunning = false;
        left -= 1;
        if (!step.terminations[i]) episode.after = valuesOf(step.finalObservations)[i]!;
        ended.push({ return: episode.return, length: episode.length, info: step.finalInfos[i]! });
      }
      this.#observe(step.observations);
    }
    const { returns, envs } = this.steps;
    for (let row = this.rows - 1; row >= first; row--) {
      const episode = episodes[envs[row]!]!;
      episode.after = returns[row]! + gamma * episode.after;
      returns[row] = episode.after;
    }
    return count;
  }

  /** Records what environment `i` saw, did and got. */
  #append(i: number, { latent, value }: ReturnType<Act>, reward: number): void {
    if (this.rows === this.steps.values.length) {
      const larger = new EpisodeSteps(2 * this.rows, this.#widths);
      larger.set(this.steps);
      this.steps = larger;
    }
    const { observation, action } = this.#widths;
    const { observations, latents, values, returns, envs } = this.steps;
    for (let j = 0; j < observation; j++) {
      observations[this.rows * observation + j] = this.#current[i * observation + j]!;
    }
    for (let j = 0; j < action; j++) latents[this.rows * action + j] = latent[i * action + j]!;
    values[this.rows] = value[i]!;
    returns[this.rows] = reward;
    envs[this.rows] = i;
    this.rows += 1;
  }

  #observe(observations: Float32Array): void {
    const { owner, env } = this.#options;
    checkObservations(owner, observations, env.numEnvs);
    this.#current.set(observations);
  }
}
