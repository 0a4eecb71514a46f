import type { Env, ResetOptions, ResetResult, StepResult } from '../env.ts';
import { checkCount } from '../options.ts';
import { Wrapper } from './wrapper.ts';

/** Truncates an episode after `maxEpisodeSteps` steps, with the outcome `'timeout'` where the env gives none. */
export class TimeLimit<Observation, Action> extends Wrapper<Observation, Action> {
  readonly maxEpisodeSteps: number;
  #elapsedSteps = 0;

  /** @throws when `maxEpisodeSteps` is not a positive integer. */
  constructor(env: Env<Observation, Action>, maxEpisodeSteps: number) {
    super(env);
    checkCount('TimeLimit', 'maxEpisodeSteps', maxEpisodeSteps);
    this.maxEpisodeSteps = maxEpisodeSteps;
  }

  override reset(options?: ResetOptions): ResetResult<Observation> {
    this.#elapsedSteps = 0;
    return super.reset(options);
  }

  override step(action: Action): StepResult<Observation> {
    const result = this.env.step(action);
    this.#elapsedSteps++;
    if (this.#elapsedSteps < this.maxEpisodeSteps) return result;
    const [observation, reward, terminated, , info] = result;
    return [observation, reward, terminated, true, { ...info, outcome: info.outcome ?? 'timeout' }];
  }

  override state(): unknown {
    return { elapsedSteps: this.#elapsedSteps, env: super.state() };
  }

  override setState(state: { elapsedSteps: number; env: unknown }): void {
    super.setState(state.env);
    this.#elapsedSteps = state.elapsedSteps;
  }
}
