import { checkArgument } from '../../../src/options/parse.ts';
import type { Env, ResetOptions, ResetResult, StepResult } from '../env.ts';
import { checkSpace, type Space } from '../spaces/space.ts';
import { Wrapper } from './wrapper.ts';

/** Shows `transform(observation)` in place of each observation. */
export class TransformObservation<Inner, Action, Observation = Inner> extends Wrapper<Observation, Action, Inner> {
  readonly #transform: (observation: Inner) => Observation;
  readonly #observationSpace: Space<Observation> | undefined;

  /**
   * @param transform must give a fresh value, and remember nothing: a snapshot of the env does not hold it.
   * @param observationSpace the space of what it gives; the inner env's when left out.
   */
  constructor(
    env: Env<Inner, Action>,
    transform: (observation: Inner) => Observation,
    observationSpace?: Space<Observation>,
  ) {
    super(env);
    checkArgument('TransformObservation', 'transform', transform, Function);
    if (observationSpace !== undefined) checkSpace('TransformObservation', 'observationSpace', observationSpace);
    this.#transform = transform;
    this.#observationSpace = observationSpace;
  }

  override get observationSpace(): Space<Observation> {
    return this.#observationSpace ?? super.observationSpace;
  }

  override reset(options?: ResetOptions): ResetResult<Observation> {
    const [observation, info] = this.env.reset(options);
    return [this.#transform(observation), info];
  }

  override step(action: Action): StepResult<Observation> {
    const [observation, reward, terminated, truncated, info] = this.env.step(action);
    return [this.#transform(observation), reward, terminated, truncated, info];
  }
}
