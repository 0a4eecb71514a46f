import { BaseEnv } from '../baseEnv.ts';
import { checkMethods, checkResetOptions } from '../checks.ts';
import type { AnyEnv, Env, EnvSpec, ResetOptions, ResetResult, StepResult } from '../env.ts';
import { renderOf } from '../renderOf.ts';
import type { Space } from '../spaces/space.ts';
import { restoreState, stateOf } from '../state.ts';

/**
 * An env around an env: all calls go through to the inner one. A subclass overrides what it changes; one whose observations or
 * actions are of another type than the inner env's overrides the space, and `reset` and `step`, that belong to them.
 */
export class Wrapper<
  Observation = Float32Array,
  Action = Float32Array | number,
  InnerObservation = Observation,
  InnerAction = Action,
> implements Env<Observation, Action>
{
  readonly env: Env<InnerObservation, InnerAction>;

  constructor(env: Env<InnerObservation, InnerAction>) {
    checkMethods(new.target.name, env as AnyEnv);
    this.env = env;
  }

  get observationSpace(): Space<Observation> {
    return this.env.observationSpace as Space<unknown> as Space<Observation>;
  }

  get actionSpace(): Space<Action> {
    return this.env.actionSpace as Space<unknown> as Space<Action>;
  }

  get spec(): EnvSpec | undefined {
    return this.env.spec;
  }

  get unwrapped(): AnyEnv {
    return this.env.unwrapped;
  }

  reset(options?: ResetOptions): ResetResult<Observation> {
    // Those of these two look themselves.
    if (options !== undefined && !(this.env instanceof Wrapper || this.env instanceof BaseEnv)) {
      checkResetOptions(this as AnyEnv, options);
    }
    return this.env.reset(options) as ResetResult<unknown> as ResetResult<Observation>;
  }

  step(action: Action): StepResult<Observation> {
    return this.env.step(action as unknown as InnerAction) as StepResult<unknown> as StepResult<Observation>;
  }

  /** @throws when the inner env does not draw itself. */
  render(): string {
    return renderOf(this.env);
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
