import { z } from 'zod';
import { NUM_ENVS_LIMIT } from '../../envs/core/numEnvsLimit.ts';
import {
  type AnyEnv,
  type EnvId,
  type EnvOptions,
  type MakeLimits,
  makeVec,
  SyncVectorEnv,
  type VectorEnv,
} from '../../envs/index.ts';
import { partSchemas } from './partSchemas.ts';

/**
 * Where a policy acts: the id of an environment, a function that makes one at each call, or environments that there are. Of those
 * that are opened by id or by a function, whoever opens them closes them.
 */
export type EnvSource<Id extends string = string> = Id | EnvId | (() => AnyEnv) | AnyEnv | VectorEnv;

const isEnvSource = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'function' || partSchemas.env.safeParse(value).success;

/** The fields of an {@link EnvRequest}, for the schema of options. */
export const envRequestShape = {
  env: z.custom<EnvSource>(isEnvSource, 'the id of an environment, a function that makes one, or environments').meta({
    description: 'the id of an environment, a function that makes one at each call, or environments that there are',
    type: 'string, () => Env, Env or VectorEnv',
  }),
  envOptions: z.record(z.string(), z.unknown()).optional().describe('options of an environment that is named'),
  numEnvs: z.int().positive().max(NUM_ENVS_LIMIT).optional().meta({
    description: 'how many environments to open; not of environments that there are',
    unit: 'environments',
  }),
};

/** How {@link EnvSource}s are opened. */
export interface EnvRequest<Id extends string = string> {
  readonly env: EnvSource<Id>;
  /** Options of an environment that is named. */
  readonly envOptions?: (EnvOptions<Id> & MakeLimits) | undefined;
  /** How many to open; not of environments that there are. */
  readonly numEnvs?: number | undefined;
}

/** Environments that are open. */
export interface OpenEnvs {
  readonly env: VectorEnv | AnyEnv;
  /** What it was named, undefined if by no id. */
  readonly id: string | undefined;
  /** Closes what was opened here. */
  close(): void;
}

/**
 * Opens environments that reset in the step that ends an episode.
 * @param owner who asks, as errors name it: `train`
 * @param usual how many, unless `numEnvs` says it
 * @throws as `makeVec` does; if options or a number are given for environments that there are
 */
export function openEnvs(owner: string, { env: source, envOptions, numEnvs }: EnvRequest, usual: number): OpenEnvs {
  if (typeof source !== 'string' && envOptions !== undefined) {
    if ('workers' in envOptions && typeof source === 'function') {
      const expected = 'expected the id that it is registered under, in a module of its own';
      throw new Error(`${owner}: envOptions: workers: a function cannot go to another thread, ${expected}`);
    }
    throw new Error(
      `${owner}: envOptions: these are for an environment that is named by its id, got ${kindOf(source)}`,
    );
  }
  const [count, autoresetMode] = [numEnvs ?? usual, 'sameStep'] as const;
  if (typeof source === 'string') {
    const env = makeVec(source, { ...envOptions, numEnvs: count, autoresetMode });
    return { env, id: source, close: () => env.close() };
  }
  if (typeof source === 'function') {
    const env = new SyncVectorEnv(Array<() => AnyEnv>(count).fill(source), { autoresetMode });
    return { env, id: undefined, close: () => env.close() };
  }
  if (numEnvs !== undefined) {
    throw new Error(
      `${owner}: numEnvs: got ${numEnvs} for ${kindOf(source)}, expected an id or a function that makes one`,
    );
  }
  return { env: source, id: undefined, close: () => {} };
}

function kindOf(source: Exclude<EnvSource, string>): string {
  if (typeof source === 'function') return 'a function that makes one';
  return 'numEnvs' in source ? `${source.numEnvs} that there are` : 'one that there is';
}
