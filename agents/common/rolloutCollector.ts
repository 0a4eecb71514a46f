import type { VectorStep } from '../../envs/index.ts';
import type { Rng } from '../../src/index.ts';
import type { Stateful } from './agentParts.ts';
import { checkObservations, checkStep } from './checkStep.ts';
import { commandActions } from './commandActions.ts';
import { type EpisodeReport, EpisodeTracker } from './episodeTracker.ts';
import type { Normalizers } from './normalizersFor.ts';
import { RolloutBuffer } from './rolloutBuffer.ts';
import { setSameLength } from './setSameLength.ts';
import type { PolicyEnv } from './vectorEnvFor.ts';

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
