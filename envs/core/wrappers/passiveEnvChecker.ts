import { checkResetResult, checkSpaces, checkStepForm, checkStepResult } from '../checks.ts';
import type { AnyEnv, Env, ResetOptions, ResetResult, StepResult } from '../env.ts';
import { Wrapper } from './wrapper.ts';

/**
 * Checks the spaces at once, and the results of the first `reset` and the first `step`, against the contract; of later steps all but the
 * observation, which costs next to nothing. `checkEnv` checks more.
 */
export class PassiveEnvChecker<Observation, Action> extends Wrapper<Observation, Action> {
  #checkedReset = false;
  #checkedStep = false;
  /** Of the episode. */
  #steps = 0;

  constructor(env: Env<Observation, Action>) {
    super(env);
    checkSpaces(env);
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
    const result = super.step(action);
    this.#steps++;
    checkStepForm(this.env as AnyEnv, result, this.#steps);
    if (!this.#checkedStep) {
      checkStepResult(this.env, result);
      this.#checkedStep = true;
    }
    return result;
  }
}
