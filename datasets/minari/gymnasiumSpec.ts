import { z } from 'zod';
import type { DatasetAbout } from '../dataset.ts';

type Environment = NonNullable<DatasetAbout['environment']>;

interface Entry {
  readonly entry: string;
  readonly steps: number;
  readonly threshold?: number;
}

const MUJOCO = 'mujoco/';
const PYTHON = 'gymnasium:';

const robot = (file: string, name: string, threshold?: number, steps = 1000): Entry => ({
  entry: `gymnasium.envs.mujoco.${file}_v5:${name}Env`,
  steps,
  ...(threshold !== undefined && { threshold }),
});
const classic = (entry: string, steps: number, threshold?: number): Entry => ({
  entry: `gymnasium.envs.classic_control.${entry}`,
  steps,
  ...(threshold !== undefined && { threshold }),
});

/** Gymnasium's environments of which oxbow has the twin, by their ids there, as Gymnasium 1 registers them. */
const ENTRIES: Readonly<Record<string, Entry>> = {
  'Acrobot-v1': classic('acrobot:AcrobotEnv', 500, -100),
  'CartPole-v1': classic('cartpole:CartPoleEnv', 500, 475),
  'MountainCar-v0': classic('mountain_car:MountainCarEnv', 200, -110),
  'MountainCarContinuous-v0': classic('continuous_mountain_car:Continuous_MountainCarEnv', 999, 90),
  'Pendulum-v1': classic('pendulum:PendulumEnv', 200),
  'Ant-v5': robot('ant', 'Ant', 6000),
  'HalfCheetah-v5': robot('half_cheetah', 'HalfCheetah', 4800),
  'Hopper-v5': robot('hopper', 'Hopper', 3800),
  'Humanoid-v5': robot('humanoid', 'Humanoid'),
  'HumanoidStandup-v5': robot('humanoidstandup', 'HumanoidStandup'),
  'InvertedDoublePendulum-v5': robot('inverted_double_pendulum', 'InvertedDoublePendulum', 9100),
  'InvertedPendulum-v5': robot('inverted_pendulum', 'InvertedPendulum', 950),
  'Pusher-v5': robot('pusher', 'Pusher', 0, 100),
  'Reacher-v5': robot('reacher', 'Reacher', -3.75, 50),
  'Swimmer-v5': robot('swimmer', 'Swimmer', 360),
  'Walker2d-v5': robot('walker2d', 'Walker2d'),
};

/**
 * What Gymnasium makes an environment of, as `EnvSpec.to_json` writes it.
 * @returns undefined where Gymnasium has no such environment, or it has options: their names differ there
 */
export function gymnasiumSpec(environment: Environment | null): string | undefined {
  if (environment === null) return undefined;
  const { maxEpisodeSteps, ...options } = environment.options;
  const id = environment.id.startsWith(MUJOCO) ? environment.id.slice(MUJOCO.length) : environment.id;
  const found = Object.hasOwn(ENTRIES, id) ? ENTRIES[id]! : undefined;
  if (found === undefined || Object.keys(options).length > 0) return undefined;
  return JSON.stringify({
    id,
    entry_point: found.entry,
    reward_threshold: found.threshold ?? null,
    nondeterministic: false,
    max_episode_steps: maxEpisodeSteps ?? found.steps,
    order_enforce: true,
    disable_env_checker: false,
    kwargs: {},
    additional_wrappers: [],
    vector_entry_point: null,
  });
}

const kwargs = z.record(z.string(), z.json()).nullish();
const wrapperSpec = z.looseObject({ name: z.string(), entry_point: z.string(), kwargs });

/** What of an `EnvSpec` says which environment it is. */
export const envSpec = z.looseObject({
  id: z.string(),
  kwargs,
  max_episode_steps: z.int().nullish(),
  additional_wrappers: z.array(wrapperSpec).nullish(),
});

/** Wrappers that watch, and change nothing. */
const WATCHES = /^Record/;

/** A wrapper as `make('gymnasium:…')` takes it: Gymnasium's own by their names, others by their whole ones. */
function wrapperFrom({
  name,
  entry_point: entry,
  kwargs,
}: z.output<typeof wrapperSpec>): string | Environment['options'] {
  const known = entry.startsWith('gymnasium.wrappers.') ? name : entry.replace(':', '.');
  return kwargs == null || Object.keys(kwargs).length === 0 ? known : { name: known, ...kwargs };
}

/** The environment of oxbow that is the twin of Gymnasium's, or Gymnasium's own in its Python, where it has options or wrappers. */
export function environmentFrom(spec: z.output<typeof envSpec>): Environment {
  const { id, kwargs, max_episode_steps: limit, additional_wrappers } = spec;
  const wrappers = (additional_wrappers ?? []).filter(({ name }) => !WATCHES.test(name)).map(wrapperFrom);
  const own = { ...kwargs, ...(wrappers.length > 0 && { wrappers }) };
  if (!Object.hasOwn(ENTRIES, id) || Object.keys(own).length > 0) {
    return { id: `${PYTHON}${id}`, options: own as Environment['options'] };
  }
  const { entry, steps } = ENTRIES[id]!;
  const options = limit == null || limit === steps ? {} : { maxEpisodeSteps: limit };
  return { id: entry.includes('.mujoco.') ? `${MUJOCO}${id}` : id, options };
}
