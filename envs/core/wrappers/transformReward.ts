import { checkArgument } from '../../../src/options/parse.ts';
import type { Env, StepResult } from '../env.ts';
import { Wrapper } from './wrapper.ts';

/** Gives `transform(reward)` in place of each reward. */
export class TransformReward<Observation, Action> extends Wrapper<Observation, Action> {
  readonly #transform: (reward: number) => number;

  constructor(env: Env<Observation, Action>, transform: (reward: number) => number) {
    super(env);
    checkArgument('TransformReward', 'transform', transform, Function);
    this.#transform = transform;
  }

  override step(action: Action): StepResult<Observation> {
    const [observation, reward, terminated, truncated, info] = super.step(action);
    return [observation, this.#transform(reward), terminated, truncated, info];
  }
}
