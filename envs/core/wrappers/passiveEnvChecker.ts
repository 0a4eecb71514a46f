import { checkResetResult, checkSpaces, checkStepResult } from '../checks.ts';
import type { Env, ResetOptions, ResetResult, StepResult } from '../env.ts';
import { Wrapper } from './wrapper.ts';

/**
 * Checks the spaces at once, and the results of the first `reset` and the first `step`, against the contract; later
 * calls pass unchecked, at no cost. `checkEnv` checks more.
 */
export class PassiveEnvChecker<Observation, Action> extends Wrapper<Observation, Action> {
  #checkedReset = false;
  #checkedStep = false;

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
    return result;
  }

  override step(action: Action): StepResult<Observation> {
    const result = super.step(action);
    if (!this.#checkedStep) {
      checkStepResult(this.env, result);
      this.#checkedStep = true;
    }
    return result;
  }
}
