import { providerOf } from './envProvider.ts';
import { NUM_ENVS_LIMIT } from './numEnvsLimit.ts';
import { checkCount } from './options.ts';
import { type EnvId, type EnvOptions, type MakeLimits, type MakeOptions, makeRegistered } from './registry.ts';
import { SyncVectorEnv } from './syncVectorEnv.ts';
import type { AutoresetMode, VectorEnv } from './vectorEnv.ts';

/** What {@link makeVec} itself takes. */
export interface VecOptions extends MakeLimits {
  /** How many envs; 1 by default. */
  numEnvs?: number;
  /** What comes of an env whose episode has ended; `'sameStep'` by default, which is what agents take. */
  autoresetMode?: AutoresetMode;
}

/** What {@link makeVec} takes beside what `make` does. */
const ownNames = ['numEnvs', 'autoresetMode'] satisfies (keyof VecOptions)[];

/** Options of {@link makeVec} for an env that it knows no more of. */
export type MakeVecOptions = VecOptions & MakeOptions;

/**
 * `numEnvs` envs of {@link make} as one {@link VectorEnv}; further options are `make`'s.
 *
 * @throws as `make` does, and when `numEnvs` is not an integer from 1 to 100,000.
 */
export function makeVec<Id extends string = string>(id: Id | EnvId, options?: VecOptions & EnvOptions<Id>): VectorEnv;
export function makeVec(id: string, given: MakeVecOptions = {}): VectorEnv {
  const foreign = providerOf(id);
  if (foreign) return foreign.provider.makeVec(foreign.id, given);
  const { numEnvs = 1, autoresetMode, ...options } = given;
  checkCount('makeVec', 'numEnvs', numEnvs, 1, NUM_ENVS_LIMIT);
  return new SyncVectorEnv(
    Array.from({ length: numEnvs }, () => () => makeRegistered('makeVec', id, options, ownNames)),
    { autoresetMode },
  );
}
