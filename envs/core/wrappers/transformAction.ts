import { checkArgument } from '../../../src/options/parse.ts';
import type { Env, StepResult } from '../env.ts';
import { checkSpace, type Space } from '../spaces/space.ts';
import { Wrapper } from './wrapper.ts';

/** Steps the env by `transform(action)`. */
export class TransformAction<Observation, Inner, Action = Inner> extends Wrapper<
  Observation,
  Action,
  Observation,
  Inner
> {
  readonly #transform: (action: Action) => Inner;
  readonly #actionSpace: Space<Action> | undefined;

  /**
   * @param transform must not write to its action, and remember nothing: a snapshot of the env does not hold it.
   * @param actionSpace the space of what it takes; the inner env's when left out.
   */
  constructor(env: Env<Observation, Inner>, transform: (action: Action) => Inner, actionSpace?: Space<Action>) {
    super(env);
    checkArgument('TransformAction', 'transform', transform, Function);
    if (actionSpace !== undefined) checkSpace('TransformAction', 'actionSpace', actionSpace);
    this.#transform = transform;
    this.#actionSpace = actionSpace;
  }

  override get actionSpace(): Space<Action> {
    return this.#actionSpace ?? super.actionSpace;
  }

  override step(action: Action): StepResult<Observation> {
    return this.env.step(this.#transform(action));
  }
}
