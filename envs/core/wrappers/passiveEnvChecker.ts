import { checkOptions } from '../../../src/options/parse.ts';
import { checkObservation, checkResetResult, checkSpaces, expectRule, isStepResult, stepProblem } from '../checks.ts';
import type { AnyEnv, Env, ResetOptions, ResetResult, StepResult } from '../env.ts';
import { Wrapper } from './wrapper.ts';

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
