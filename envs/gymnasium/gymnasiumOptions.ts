import { z } from 'zod';
import { NUM_ENVS_LIMIT } from '../core/numEnvsLimit.ts';
import { autoresetModes } from '../core/vectorEnv.ts';
import type { GymnasiumServerOptions } from './gymnasiumServer.ts';

/** Whether JSON holds it as it is, or it is left out. */
export const isJson = (value: unknown): boolean => value === undefined || z.json().safeParse(value).success;

const wrapper = z.union(
  [z.string().min(1), z.looseObject({ name: z.string().min(1) }).refine(isJson)],
  'the name of a wrapper, or an object of its name and its keyword arguments',
);

/** What `make('gymnasium:…', options)` takes. */
export const gymnasiumOptions = z
  .object({
    /** The interpreter that has Gymnasium; by default the first that `OXBOW_PYTHON` names, else `python3`. */
    python: z.string().min(1).optional(),
    /** In place of Gymnasium's own limit; `Infinity` for none. */
    maxEpisodeSteps: z.union([z.int().positive(), z.literal(Infinity)], 'an integer ≥ 1, or Infinity').optional(),
    /** Wrappers on the Python side, from the inner to the outer one: a name, or an object of `name` and keyword arguments. */
    wrappers: z.array(wrapper).default([]),
    /** Shows so many of the last observations at once: `FrameStackObservation`, outside of all wrappers. */
    frameStack: z.int().positive().optional(),
    /** Python processes that a vector env's environments are shared out to. */
    workers: z.int().positive().default(1),
    /** Leaves out our checks of the first results, and Gymnasium's. */
    disableEnvChecker: z.boolean().default(false),
  })
  // All else goes to the env, under the names that it has in Python.
  .catchall(z.custom<unknown>(isJson, 'what JSON can hold'));

/** What `makeVec('gymnasium:…', options)` takes. */
export const gymnasiumVectorOptions = gymnasiumOptions.extend({
  numEnvs: z.int().positive().max(NUM_ENVS_LIMIT).default(1),
  autoresetMode: z.enum(autoresetModes).default('sameStep'),
});

/** The interpreter that is meant where one is given or none: the first that `OXBOW_PYTHON` names, else `python3`. */
export function interpreter(python: string | undefined): string {
  // A list like PATH, since other tools take several.
  return python ?? (process.env.OXBOW_PYTHON?.split(':')[0] || 'python3');
}

/** The interpreter, the keyword arguments of `gymnasium.make`, and the wrappers with theirs. */
export function serverOptions({
  python,
  maxEpisodeSteps,
  disableEnvChecker,
  wrappers,
  frameStack,
  workers: _,
  ...options
}: z.output<typeof gymnasiumOptions>): Pick<GymnasiumServerOptions, 'python' | 'options' | 'wrappers'> {
  return {
    python: interpreter(python),
    options: {
      ...options,
      // Gymnasium has -1 for no limit.
      ...(maxEpisodeSteps && { max_episode_steps: maxEpisodeSteps === Infinity ? -1 : maxEpisodeSteps }),
      ...(disableEnvChecker && { disable_env_checker: true }),
    },
    wrappers: [
      ...wrappers,
      ...(frameStack === undefined ? [] : [{ name: 'FrameStackObservation', stack_size: frameStack }]),
    ].map((wrapper) => {
      if (typeof wrapper === 'string') return [wrapper, {}];
      const { name, ...given } = wrapper;
      return [name, given];
    }),
  };
}
