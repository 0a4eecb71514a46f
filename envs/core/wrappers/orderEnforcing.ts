import type { ResetOptions, ResetResult, StepResult } from '../env.ts';
import { Wrapper } from './wrapper.ts';

type Phase = 'new' | 'running' | 'ended';

/** Makes it an error to step an env before its first reset or after an episode's end. */
export class OrderEnforcing<Observation, Action> extends Wrapper<Observation, Action> {
  #phase: Phase = 'new';

  override reset(options?: ResetOptions): ResetResult<Observation> {
    const result = super.reset(options);
    this.#phase = 'running';
    return result;
  }

  /** @throws when no episode is running. */
  override step(action: Action): StepResult<Observation> {
    if (this.#phase !== 'running') {
      const name = this.spec?.id ?? this.unwrapped.constructor.name;
      const when = this.#phase === 'new' ? 'before the first reset()' : 'after the episode ended';
      throw new Error(`${name}: step() ${when}, expected a reset() first`);
    }
    const result = this.env.step(action);
    if (result[2] || result[3]) this.#phase = 'ended';
    return result;
  }

  override state(): unknown {
    return { phase: this.#phase, env: super.state() };
  }

  override setState(state: { phase: Phase; env: unknown }): void {
    super.setState(state.env);
    this.#phase = state.phase;
  }
}
