import { show } from '../../../src/options/describe.ts';
import { checkCount, checkOptions } from '../../../src/options/parse.ts';
import type { Space } from '../../../src/spaces/space.ts';
import { BaseEnv } from '../baseEnv.ts';
import {
  checkMethods,
  checkObservation,
  checkResetOptions,
  checkResetResult,
  checkSpaces,
  expectRule,
  isStepResult,
  stepProblem,
} from '../checks.ts';
import {
  type AnyEnv,
  type Env,
  type EnvSpec,
  type ResetOptions,
  type ResetResult,
  renderOf,
  restoreState,
  type StepResult,
  stateOf,
} from '../env.ts';

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

  [Symbol.dispose](): void {
    this.close();
  }

  /** @throws when the inner env cannot give its state. A wrapper with a state of its own adds it to this one. */
  state(): unknown {
    return stateOf(this.env);
  }

  setState(state: unknown): void {
    restoreState(this.env, state);
  }
}

const phases = ['new', 'running', 'ended'] as const;
type Phase = (typeof phases)[number];

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
      const when = this.#phase === 'new' ? 'before the first reset()' : 'after the episode ended';
      throw new Error(`${this.#name}: step() ${when}, expected a reset() first`);
    }
    const result = this.env.step(action);
    if (result[2] || result[3]) this.#phase = 'ended';
    return result;
  }

  override state(): unknown {
    return { phase: this.#phase, env: super.state() };
  }

  /** @throws when it is not what `state()` gave; of what is within, what the inner env throws. */
  override setState(state: { phase: Phase; env: unknown }): void {
    const { phase, env } = (state ?? {}) as Partial<typeof state>;
    if (phase === undefined || !phases.includes(phase)) {
      throw new Error(`${this.#name}: setState() got ${show(state)}, expected what state() gave`);
    }
    super.setState(env);
    this.#phase = phase;
  }

  get #name(): string {
    return this.spec?.id ?? this.unwrapped.constructor.name;
  }
}

/**
 * Checks the spaces at once, and the results of the first `reset` and the first `step`, against the contract; of later steps all but the
 * observation, which costs next to nothing. `checkEnv` checks more.
 */
export class PassiveEnvChecker<Observation, Action> extends Wrapper<Observation, Action> {
  #checkedReset = false;
  #checkedStep = false;
  /** Whether it looks at the next step. */
  #looks = true;
  readonly #everyStep: boolean;
  /** Of the episode. */
  #steps = 0;

  /** @param options `everyStep`: whether it looks at later steps; true. A vector env does so itself. */
  constructor(env: Env<Observation, Action>, options: { everyStep?: boolean } = {}) {
    super(env);
    const { everyStep = true } = checkOptions('PassiveEnvChecker', options, { everyStep: [Boolean, undefined] });
    checkSpaces(env);
    this.#everyStep = everyStep;
  }

  override reset(options?: ResetOptions): ResetResult<Observation> {
    const result = super.reset(options);
    if (!this.#checkedReset) {
      checkResetResult(this.env, result);
      this.#checkedReset = true;
    }
    this.#steps = 0;
    return result;
  }

  override step(action: Action): StepResult<Observation> {
    const result = this.env.step(action);
    if (this.#looks) this.#check(result);
    return result;
  }

  #check(result: unknown): void {
    this.#steps++;
    if (this.#checkedStep && isStepResult(result)) return;
    this.#checkStep(result);
  }

  /** By itself, as its closure would cost each step an allocation. */
  #checkStep(result: unknown): void {
    expectRule(this.env as AnyEnv, isStepResult(result), () => `step ${this.#steps}: ${stepProblem(result)}`);
    checkObservation(this.env as AnyEnv, result[0], 'step()');
    this.#checkedStep = true;
    this.#looks = this.#everyStep;
  }
}

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
