import type { Stateful } from './agentParts.ts';
import { checkObservations, checkStep } from './checkStep.ts';
import { commandActions } from './commandActions.ts';
import { type EpisodeReport, EpisodeTracker } from './episodeTracker.ts';
import type { Normalizers } from './normalizersFor.ts';
import type { ReplayBuffer } from './replayBuffer.ts';
import { setSameLength } from './setSameLength.ts';
import type { PolicyEnv } from './vectorEnvFor.ts';

export interface ReplayCollectorOptions extends PolicyEnv, Normalizers {
  /** Whose replay it is, as errors name it: `Sac`. */
  readonly owner: string;
  readonly replay: ReplayBuffer;
}

interface ReplayCollectorState {
  readonly current: Float32Array;
  readonly tracker: ReturnType<EpisodeTracker['state']>;
}

/** Steps parallel environments and keeps the transitions in a replay buffer. */
export class ReplayCollector implements Stateful<ReplayCollectorState> {
  /** The observations that the next actions answer, `[envs · observationDim]`. */
  readonly current: Float32Array;
  readonly #options: ReplayCollectorOptions;
  readonly #tracker: EpisodeTracker;
  readonly #commanded: Float32Array;
  readonly #next: Float32Array;

  constructor(options: ReplayCollectorOptions) {
    const { env, actionSpace } = options;
    this.#options = options;
    this.current = new Float32Array(env.numEnvs * env.singleObservationSpace.size);
    this.#next = new Float32Array(this.current.length);
    this.#commanded = new Float32Array(env.numEnvs * actionSpace.size);
    this.#tracker = new EpisodeTracker(env.numEnvs);
  }

  /** Resets the environments and forgets the replay, with which every training begins. */
  reset(seed: string): void {
    const { replay, env } = this.#options;
    replay.clear();
    this.#tracker.reset();
    this.#observe(env.reset({ seed })[0]);
  }

  /**
   * One step of every environment.
   * @param actions `[envs · actionDim]`; the environments and the replay get them clipped to their bounds
   * @param ended gets the episodes that end with it
   * @throws if an environment gives a reward or an observation that is not finite
   */
  step(actions: ArrayLike<number>, ended: EpisodeReport[]): void {
    const { owner, env, actionSpace, replay, statistics, scaler } = this.#options;
    commandActions(actions, actionSpace, this.#commanded);
    const step = env.step(this.#commanded);
    checkStep(owner, step);
    scaler?.observe(step);
    statistics?.observe(this.current);
    statistics?.publish();
    const size = this.current.length / env.numEnvs;
    this.#next.set(step.observations);
    for (let i = 0; i < env.numEnvs; i++) {
      if (!step.terminations[i] && !step.truncations[i]) continue;
      // The row of `observations` is the next episode's.
      for (let j = i * size; j < (i + 1) * size; j++) this.#next[j] = step.finalObservations[j]!;
    }
    const rows = {
      observations: this.current,
      actions: this.#commanded,
      rewards: step.rewards,
      nextObservations: this.#next,
      terminations: step.terminations,
    };
    for (let i = 0; i < env.numEnvs; i++) replay.add(rows, i);
    this.#tracker.track(step, ended);
    this.#observe(step.observations);
  }

  #observe(observations: Float32Array): void {
    const { owner, env } = this.#options;
    checkObservations(owner, observations, env.numEnvs);
    this.current.set(observations);
  }

  /** Between two steps; the environments and the replay are not among it. */
  state(): ReplayCollectorState {
    return { current: this.current.slice(), tracker: this.#tracker.state() };
  }

  setState({ current, tracker }: ReplayCollectorState): void {
    const before = this.current.slice();
    setSameLength({ current: [this.current, current] });
    try {
      this.#tracker.setState(tracker);
    } catch (error) {
      this.current.set(before);
      throw error;
    }
  }
}
