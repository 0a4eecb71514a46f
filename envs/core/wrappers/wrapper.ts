import type { AnyEnv, Env, EnvSpec, ResetOptions, ResetResult, StepResult } from '../env.ts';
import type { Space } from '../spaces/space.ts';
import { restoreState, stateOf } from '../state.ts';

/** An env around an env: all calls go through to the inner one. A subclass overrides what it changes. */
export class Wrapper<Observation = Float32Array, Action = Float32Array | number> implements Env<Observation, Action> {
  readonly env: Env<Observation, Action>;

  constructor(env: Env<Observation, Action>) {
    this.env = env;
  }

  get observationSpace(): Space<Observation> {
    return this.env.observationSpace;
  }

  get actionSpace(): Space<Action> {
    return this.env.actionSpace;
  }

  get spec(): EnvSpec | undefined {
    return this.env.spec;
  }

  get unwrapped(): AnyEnv {
    return this.env.unwrapped;
  }

  reset(options?: ResetOptions): ResetResult<Observation> {
    return this.env.reset(options);
  }

  step(action: Action): StepResult<Observation> {
    return this.env.step(action);
  }

  close(): void {
    this.env.close();
  }

  /** @throws when the inner env cannot give its state. A wrapper with a state of its own adds it to this one. */
  state(): unknown {
    return stateOf(this.env);
  }

  setState(state: unknown): void {
    restoreState(this.env, state);
  }
}
