import type { VectorEnv, VectorStep } from '../../envs/index.ts';
import type { Rng } from '../../src/index.ts';
import { checkArgument, checkOptions } from '../../src/options/parse.ts';
import type { EpisodeReport } from '../agent.ts';
import { checkObservations, checkStep } from './checks.ts';
import { commandActions, type PolicyEnv } from './envs.ts';
import { EpisodeTracker } from './episodeStatistics.ts';
import type { Normalizers } from './normalization.ts';
import { type Stateful, setSameLength } from './state.ts';

/** A rollout of `horizon` steps of `envs` parallel environments; arrays are time-major, `[horizon · envs]`. */
export interface Rollout {
  readonly horizon: number;
  readonly envs: number;
  /** Rewards; where an episode was truncated, with γ V(last observation) added by the caller. */
  readonly rewards: Float32Array;
  /** V of the observation that each step began with. */
  readonly values: Float32Array;
  /** 1 where the episode ended with that step, by termination or truncation. */
  readonly dones: Uint8Array;
  /** V of the observation after the last step, `[envs]`; of no weight where that step ended an episode. */
  readonly lastValues: ArrayLike<number>;
}

/**
 * Generalized advantage estimation: Aₜ = δₜ + γλ(1 − doneₜ) Aₜ₊₁ with δₜ = rₜ + γ(1 − doneₜ) V(sₜ₊₁) − V(sₜ); returns
 * are Aₜ + V(sₜ), the targets of the value function.
 *
 * Schulman et al., "High-Dimensional Continuous Control Using Generalized Advantage Estimation", arXiv:1506.02438.
 */
export function generalizedAdvantages(
  rollout: Rollout,
  options: { gamma: number; lambda: number },
): { advantages: Float32Array; returns: Float32Array } {
  checkArgument('generalizedAdvantages', 'rollout', rollout, Object);
  const { horizon, envs, rewards, values, dones, lastValues } = rollout;
  for (const [name, numbers] of Object.entries({ rewards, values, dones, lastValues })) {
    checkArgument('generalizedAdvantages', name, numbers, Array);
  }
  const { gamma, lambda } = checkOptions('generalizedAdvantages', options, { gamma: Number, lambda: Number });
  const advantages = new Float32Array(horizon * envs);
  const returns = new Float32Array(horizon * envs);
  for (let env = 0; env < envs; env++) {
    let advantage = 0;
    let nextValue = lastValues[env]!;
    for (let t = horizon - 1; t >= 0; t--) {
      const i = t * envs + env;
      const goesOn = 1 - dones[i]!;
      const delta = rewards[i]! + gamma * goesOn * nextValue - values[i]!;
      advantage = delta + gamma * lambda * goesOn * advantage;
      advantages[i] = advantage;
      returns[i] = advantage + values[i]!;
      nextValue = values[i]!;
    }
  }
  return { advantages, returns };
}

/** What one rollout of parallel environments recorded; time-major arrays that are used again for the next rollout. */
export class RolloutBuffer {
  /** The observations that the next actions answer, `[envs · observationDim]`. */
  readonly current: Float32Array<ArrayBuffer>;
  readonly observations: Float32Array;
  readonly latents: Float32Array;
  /** 0 of a policy without a density. */
  readonly logProbs: Float32Array;
  readonly values: Float32Array;
  readonly rewards: Float32Array;
  readonly dones: Uint8Array;

  constructor(horizon: number, env: VectorEnv) {
    const steps = horizon * env.numEnvs;
    this.current = new Float32Array(env.numEnvs * env.singleObservationSpace.size);
    this.observations = new Float32Array(steps * env.singleObservationSpace.size);
    this.latents = new Float32Array(steps * env.singleActionSpace.size);
    this.logProbs = new Float32Array(steps);
    this.values = new Float32Array(steps);
    this.rewards = new Float32Array(steps);
    this.dones = new Uint8Array(steps);
  }

  observe(observations: Float32Array): void {
    this.current.set(observations);
  }

  /** Records what the policy did at step `t` with the current observations. */
  act(
    t: number,
    acted: Readonly<Record<'latent' | 'value', ArrayLike<number>> & { logProb?: ArrayLike<number> }>,
  ): void {
    this.observations.set(this.current, t * this.current.length);
    this.latents.set(acted.latent, t * acted.latent.length);
    if (acted.logProb !== undefined) this.logProbs.set(acted.logProb, t * acted.logProb.length);
    this.values.set(acted.value, t * acted.value.length);
  }

  /** Records what the environments answered, with the rewards that learning sees. */
  receive(t: number, rewards: Float64Array, { terminations, truncations }: VectorStep): void {
    const offset = t * rewards.length;
    for (let i = 0; i < rewards.length; i++) {
      this.rewards[offset + i] = rewards[i]!;
      this.dones[offset + i] = terminations[i]! | truncations[i]!;
    }
  }
}

/** What a policy says to observations `[envs · observationDim]`, row by row, with its value function; a log-probability where it has a density. */
export type Act = (
  inputs: { observations: Float32Array },
  rng: Rng,
) => Readonly<Record<'action' | 'latent' | 'value', ArrayLike<number>> & { logProb?: ArrayLike<number> }>;

export interface RolloutCollectorOptions extends PolicyEnv, Normalizers {
  /** Whose rollouts they are, as errors name it: `Ppo`. */
  readonly owner: string;
  readonly horizon: number;
  readonly gamma: number;
  readonly act: Act;
  /** V of rows of observations. */
  readonly valuesOf: (observations: Float32Array) => ArrayLike<number>;
}

interface RolloutCollectorState {
  readonly current: Float32Array;
  readonly tracker: ReturnType<EpisodeTracker['state']>;
}

/** Lets a policy act in parallel environments, `horizon` steps of each at a time, and records what came of it. */
export class RolloutCollector implements Stateful<RolloutCollectorState> {
  readonly buffer: RolloutBuffer;
  readonly #options: RolloutCollectorOptions;
  readonly #tracker: EpisodeTracker;
  readonly #commanded: Float32Array;

  constructor(options: RolloutCollectorOptions) {
    const { env, actionSpace, horizon } = options;
    this.#options = options;
    this.buffer = new RolloutBuffer(horizon, env);
    this.#tracker = new EpisodeTracker(env.numEnvs);
    this.#commanded = new Float32Array(env.numEnvs * actionSpace.size);
  }

  /** Resets the environments, with which every training begins. */
  reset(seed: string): void {
    const { env, scaler } = this.#options;
    this.#tracker.reset();
    scaler?.begin();
    this.#observe(env.reset({ seed })[0]);
  }

  /** Between two rollouts; the environments are not among it. */
  state(): RolloutCollectorState {
    return { current: this.buffer.current.slice(), tracker: this.#tracker.state() };
  }

  setState({ current, tracker }: RolloutCollectorState): void {
    const before = this.buffer.current.slice();
    setSameLength({ current: [this.buffer.current, current] });
    try {
      this.#tracker.setState(tracker);
    } catch (error) {
      this.buffer.current.set(before);
      throw error;
    }
  }

  /**
   * Fills the buffer with one rollout. A truncated episode's last reward has γ V(last observation) added.
   * @param episodes gets those that end in it
   * @returns `episodes`
   * @throws if the environment gives a reward or an observation that is not finite
   */
  collect(rng: Rng, episodes: EpisodeReport[] = []): EpisodeReport[] {
    const { owner, env, horizon, statistics, scaler } = this.#options;
    statistics?.publish();
    for (let t = 0; t < horizon; t++) {
      this.#act(t, rng);
      const step = env.step(this.#commanded);
      checkStep(owner, step);
      this.buffer.receive(t, scaler?.scaled(step) ?? step.rewards, step);
      this.#bootstrap(t, step);
      this.#tracker.track(step, episodes);
      this.#observe(step.observations);
    }
    return episodes;
  }

  #act(t: number, rng: Rng): void {
    const { actionSpace, act, statistics } = this.#options;
    const { buffer } = this;
    const acted = act({ observations: buffer.current }, rng);
    statistics?.observe(buffer.current);
    // The environment gets the action clipped to its bounds; the learner keeps the unclipped one.
    commandActions(acted.action, actionSpace, this.#commanded);
    buffer.act(t, acted);
  }

  #bootstrap(t: number, { truncations, terminations, finalObservations }: VectorStep): void {
    const { env, gamma, valuesOf } = this.#options;
    let lastValues: ArrayLike<number> | undefined;
    for (let i = 0; i < env.numEnvs; i++) {
      if (!truncations[i] || terminations[i]) continue;
      lastValues ??= valuesOf(finalObservations);
      this.buffer.rewards[t * env.numEnvs + i]! += gamma * lastValues[i]!;
    }
  }

  #observe(observations: Float32Array): void {
    const { owner, env } = this.#options;
    checkObservations(owner, observations, env.numEnvs);
    this.buffer.observe(observations);
  }
}

/**
 * Makes the rewards of a rollout soft: r − τ (log π + H₀). Their discounted sum is the return of maximum-entropy learning, where an entropy
 * bonus rewards the entropy of each step for itself alone.
 *
 * Ziebart, "Modeling Purposeful Adaptive Behavior with the Principle of Maximum Causal Entropy", 2010.
 * @param rollout rewards and log π of the actions, step by step; the rewards are changed
 * @param temperature τ
 * @param baseEntropy H₀, nats, beyond which entropy is rewarded
 */
export function soften(
  { rewards, logProbs }: { readonly rewards: Float32Array; readonly logProbs: Float32Array },
  temperature: number,
  baseEntropy: number,
): void {
  if (temperature === 0) return;
  for (let i = 0; i < rewards.length; i++) rewards[i]! -= temperature * (logProbs[i]! + baseEntropy);
}
