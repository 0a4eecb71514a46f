import type { ResetOptions, ResetResult, StepResult } from '../env.ts';
import { Wrapper } from './wrapper.ts';

/** What {@link RecordEpisodeStatistics} says of an episode. */
export interface EpisodeStatistics {
  /** Undiscounted sum of rewards. */
  return: number;
  /** Steps. */
  length: number;
}

/** Adds `episode: { return, length }` to the info of an episode's last step. */
export class RecordEpisodeStatistics<Observation, Action> extends Wrapper<Observation, Action> {
  #return = 0;
  #length = 0;

  override reset(options?: ResetOptions): ResetResult<Observation> {
    this.#return = 0;
    this.#length = 0;
    return super.reset(options);
  }

  override step(action: Action): StepResult<Observation> {
    const result = super.step(action);
    const [observation, reward, terminated, truncated, info] = result;
    this.#return += reward;
    this.#length++;
    if (!terminated && !truncated) return result;
    const episode: EpisodeStatistics = { return: this.#return, length: this.#length };
    return [observation, reward, terminated, truncated, { ...info, episode }];
  }

  override state(): unknown {
    return { return: this.#return, length: this.#length, env: super.state() };
  }

  override setState(state: EpisodeStatistics & { env: unknown }): void {
    super.setState(state.env);
    this.#return = state.return;
    this.#length = state.length;
  }
}
