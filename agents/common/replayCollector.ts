import type { Stateful } from './agentParts.ts';
import { checkObservations, checkStep } from './checkStep.ts';
import { commandActions } from './commandActions.ts';
import { type EpisodeReport, EpisodeTracker } from './episodeTracker.ts';
import type { Normalizers } from './normalizersFor.ts';
import type { ReplayBuffer } from './replayBuffer.ts';
import type { PolicyEnv } from './vectorEnvFor.ts';

export interface ReplayCollectorOptions extends PolicyEnv, Normalizers {
  /** Whose replay it is, as errors name it: `Sac`. */
  readonly owner: string;
  readonly replay: ReplayBuffer;
}

type ReplayCollectorState = ReturnType<EpisodeTracker['state']>;

/** Steps parallel environments and keeps the transitions in a replay buffer. */
export class ReplayCollector implements Stateful<ReplayCollectorState> {
  readonly #options: ReplayCollectorOptions;
  readonly #tracker: EpisodeTracker;
  readonly #commanded: Float32Array;

  constructor(options: ReplayCollectorOptions) {
    const { env, actionSpace } = options;
    this.#options = options;
    this.#commanded = new Float32Array(env.numEnvs * actionSpace.size);
    this.#tracker = new EpisodeTracker(env.numEnvs);
  }

  /** Resets the environments and forgets the replay, with which every training begins. */
  reset(seed: string): void {
    const { owner, replay, env, scaler } = this.#options;
    const [observations] = env.reset({ seed });
    checkObservations(owner, observations, env.numEnvs);
    replay.begin(observations);
    this.#tracker.reset();
    scaler?.begin();
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
    checkObservations(owner, step.observations, env.numEnvs);
    statistics?.observe(replay.current);
    statistics?.publish();
    replay.add(this.#commanded, step);
    this.#tracker.track(step, ended);
  }

  /** Between two steps; the environments and the replay are not among it. */
  state(): ReplayCollectorState {
    return this.#tracker.state();
  }

  setState(state: ReplayCollectorState): void {
    this.#tracker.setState(state);
  }
}
