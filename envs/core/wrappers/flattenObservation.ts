import { checkMethods } from '../checks.ts';
import type { AnyEnv, Env } from '../env.ts';
import { flatten, flattenSpace } from '../spaces/flatten.ts';
import { TransformObservation } from './transformObservation.ts';

/** Shows each observation as one vector, see `flatten`. */
export class FlattenObservation<Observation, Action> extends TransformObservation<
  Observation,
  Action,
  Float32Array | Float64Array
> {
  /** @throws when the observation space is none that `flatten` knows. */
  constructor(env: Env<Observation, Action>) {
    checkMethods('FlattenObservation', env as AnyEnv);
    const space = env.observationSpace;
    super(env, (observation) => flatten(space, observation), flattenSpace(space));
  }
}
