import { providerOf } from './envProvider.ts';
import { checkCount } from './options.ts';
import { type MakeOptions, make } from './registry.ts';
import { SyncVectorEnv } from './syncVectorEnv.ts';
import type { AutoresetMode, VectorEnv } from './vectorEnv.ts';

/** Options of {@link makeVec}. */
export interface MakeVecOptions extends MakeOptions {
  numEnvs?: number;
  autoresetMode?: AutoresetMode;
}

/**
 * `numEnvs` envs of {@link make} as one {@link VectorEnv}; further options are `make`'s.
 *
 * @throws as `make` does, and when `numEnvs` is not a positive integer.
 */
export function makeVec(id: string, given: MakeVecOptions = {}): VectorEnv {
  const foreign = providerOf(id);
  if (foreign) return foreign.provider.makeVec(foreign.id, given);
  const { numEnvs = 1, autoresetMode, ...options } = given;
  checkCount('makeVec', 'numEnvs', numEnvs);
  return new SyncVectorEnv(
    Array.from({ length: numEnvs }, () => () => make(id, options)),
    { autoresetMode },
  );
}
