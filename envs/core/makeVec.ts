import { show } from '../../src/options/describe.ts';
import { checkArgument, checkCount } from '../../src/options/parse.ts';
import { checkIsObject } from './options.ts';
import {
  type EnvId,
  type EnvOptions,
  type MakeLimits,
  type MakeOptions,
  makeRegistered,
  modulesOf,
  providerOf,
} from './registry.ts';
import { SyncVectorEnv } from './syncVectorEnv.ts';
import { ThreadedVectorEnv } from './threads/threadedVectorEnv.ts';
import { type AutoresetMode, NUM_ENVS_LIMIT, type VectorEnv } from './vectorEnv.ts';

/** What {@link makeVec} itself takes. */
interface VecOptions extends MakeLimits {
  /** How many envs; 1 by default. */
  numEnvs?: number;
  /** What comes of an env whose episode has ended; `'sameStep'` by default, which is what agents take. */
  autoresetMode?: AutoresetMode;
}

/** What {@link makeVec} takes beside what `make` does. */
const ownNames = ['numEnvs', 'autoresetMode'] satisfies (keyof VecOptions)[];

/** Options of {@link makeVec} for an env that it knows no more of. */
export type MakeVecOptions = VecOptions & MakeOptions;

/** More threads than machines have cores. */
const WORKERS_LIMIT = 256;
/** Seconds. */
const USUAL_TIMEOUT = 60;

/**
 * `numEnvs` envs of {@link make} as one {@link VectorEnv}; further options are `make`'s. With `workers` so many threads share them, and step
 * at the same time; results are the same. It pays where a step of all of them takes much longer than the 20 to 40 µs that the threads cost.
 *
 * @throws as `make` does, when `numEnvs` is not an integer from 1 to 100,000 or `workers` not one from 1 to 256, and when a thread cannot make
 *   the envs.
 */
export function makeVec<Id extends string = string>(id: Id | EnvId, options?: VecOptions & EnvOptions<Id>): VectorEnv;
export function makeVec(id: string, given: MakeVecOptions = {}): VectorEnv {
  checkArgument('makeVec', 'id', id, String);
  checkIsObject('makeVec', given);
  const foreign = providerOf(id);
  if (foreign) return foreign.provider.makeVec(foreign.id, given);
  const { numEnvs = 1, workers = 1, workerTimeout: timeout = USUAL_TIMEOUT, autoresetMode, ...options } = given;
  checkCount('makeVec', 'numEnvs', numEnvs, 1, NUM_ENVS_LIMIT);
  checkCount('makeVec', 'workers', workers, 1, WORKERS_LIMIT);
  if (!(typeof timeout === 'number' && timeout > 0)) {
    throw new Error(`makeVec: workerTimeout: got ${show(timeout)}, expected seconds above 0`);
  }
  const makeOne = () => makeRegistered('makeVec', id, options, ownNames);
  const threads = Math.min(workers, numEnvs);
  if (threads === 1)
    return new SyncVectorEnv(
      Array.from({ length: numEnvs }, () => makeOne),
      { autoresetMode },
    );
  const modules = modulesOf(id);
  return new ThreadedVectorEnv({
    id,
    options,
    make: makeOne,
    modules,
    numEnvs,
    workers: threads,
    timeout,
    autoresetMode,
  });
}
