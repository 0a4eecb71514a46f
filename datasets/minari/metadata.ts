import { z } from 'zod';
import { Box, Discrete, MultiDiscrete, type Space, Text } from '../../envs/index.ts';
import { parseJson } from '../../src/json.ts';
import { nodeBuiltin } from '../../src/nodeBuiltin.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { type SpaceJson, spaceJsonSchema } from '../../src/spaces/json.ts';
import { type DatasetAbout, datasetAboutSchema, within } from '../dataset.ts';
import type { Dtype, Leaf } from '../episode.ts';

/** The files of a dataset of Minari's, in its folder `data`. */
export const METADATA = 'metadata.json';
export const MAIN = 'main_data.hdf5';

const metadataSchema = z.looseObject({
  total_episodes: z.int().positive(),
  total_steps: z.int().positive(),
  data_format: z.literal('hdf5', 'expected hdf5').default('hdf5'),
  jpeg_encoding: z.boolean().default(true),
  observation_space: z.string(),
  action_space: z.string(),
  env_spec: z.string().optional(),
  oxbow: datasetAboutSchema.pick({ environment: true, policies: true, provenance: true }).optional(),
});

/** What `metadata.json` says. */
export type MinariMetadata = z.output<typeof metadataSchema>;

/** Whether a path leads to a file, by links too: to read a pipe or a device might never end. */
export function leadsToFile(path: string): boolean {
  return nodeBuiltin('node:fs').statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** The folder that holds both files: the dataset's own, or `data` in it; undefined if there is none. */
export function dataFolder(path: string): string | undefined {
  const { join } = nodeBuiltin('node:path');
  return [join(path, 'data'), path].find((folder) => leadsToFile(join(folder, METADATA)));
}

/** @throws one line, if it cannot be read, or is none of Minari's in HDF5 */
export function readMetadata(folder: string): MinariMetadata {
  const path = nodeBuiltin('node:path').join(folder, METADATA);
  const json = within(`${path}: cannot be read`, () => parseJson(nodeBuiltin('node:fs').readFileSync(path, 'utf8')));
  return parseOptions(path, metadataSchema, json);
}

/** A space as Python writes it, whose JSON has infinities. @throws one line, if it is none */
export function spaceFromText(where: string, text: string): SpaceJson {
  const quoted = text.replaceAll(/(?<=[[,:] *)-?Infinity(?= *[\],}])/g, '"$&"');
  const json = within(where, () => parseJson(quoted));
  return parseOptions(where, spaceJsonSchema, json);
}

/** A space as Python reads it. */
export function spaceToText(space: SpaceJson): string {
  return JSON.stringify(space).replaceAll(/(?<=[[,:])"(-?Infinity)"(?=[\],}])/g, '$1');
}

type Environment = NonNullable<DatasetAbout['environment']>;

interface Entry {
  readonly entry: string;
  readonly steps: number;
  readonly threshold: number | undefined;
  /** Options that the id brings along, of the same name here and there. */
  readonly kwargs?: Readonly<Record<string, boolean>>;
}

const PYTHON = 'gymnasium:';

const robot = (file: string, name: string, threshold?: number, steps = 1000): Entry => {
  return { entry: `gymnasium.envs.mujoco.${file}_v5:${name}Env`, steps, threshold };
};
const box2d = (entry: string, steps: number, threshold: number, kwargs?: Entry['kwargs']): Entry => {
  return { entry: `gymnasium.envs.box2d.${entry}`, steps, threshold, ...(kwargs && { kwargs }) };
};
const classic = (entry: string, steps: number, threshold?: number): Entry => {
  return { entry: `gymnasium.envs.classic_control.${entry}`, steps, threshold };
};

/** Gymnasium's environments of which oxbow has the twin, by their ids there, as Gymnasium 1 registers them. */
const ENTRIES: Readonly<Record<string, Entry>> = {
  'Acrobot-v1': classic('acrobot:AcrobotEnv', 500, -100),
  'CartPole-v1': classic('cartpole:CartPoleEnv', 500, 475),
  'MountainCar-v0': classic('mountain_car:MountainCarEnv', 200, -110),
  'MountainCarContinuous-v0': classic('continuous_mountain_car:Continuous_MountainCarEnv', 999, 90),
  'Pendulum-v1': classic('pendulum:PendulumEnv', 200),
  'BipedalWalker-v3': box2d('bipedal_walker:BipedalWalker', 1600, 300),
  'BipedalWalkerHardcore-v3': box2d('bipedal_walker:BipedalWalker', 2000, 300, { hardcore: true }),
  'CarRacing-v3': box2d('car_racing:CarRacing', 1000, 900),
  'LunarLander-v3': box2d('lunar_lander:LunarLander', 1000, 200),
  'LunarLanderContinuous-v3': box2d('lunar_lander:LunarLander', 1000, 200, { continuous: true }),
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

/** Where its twin is registered: `mujoco/`, `box2d/`, or without a namespace. */
function namespaceOf({ entry }: Entry): string {
  const [, namespace] = /\.(mujoco|box2d)\./.exec(entry) ?? [];
  return namespace === undefined ? '' : `${namespace}/`;
}

/** The options but those that the id brings along. */
function without<T>(given: Readonly<Record<string, T>>, { kwargs = {} }: Entry): Record<string, T> {
  return Object.fromEntries(Object.entries(given).filter(([name, value]) => kwargs[name] !== value));
}

/**
 * What Gymnasium makes an environment of, as `EnvSpec.to_json` writes it.
 * @returns undefined where Gymnasium has no such environment, or it has options: their names differ there
 */
export function gymnasiumSpec(environment: Environment | null): string | undefined {
  if (environment === null) return undefined;
  const { maxEpisodeSteps, ...options } = environment.options;
  const id = environment.id.replace(/^(mujoco|box2d)\//, '');
  const found = Object.hasOwn(ENTRIES, id) ? ENTRIES[id]! : undefined;
  if (found === undefined || Object.keys(without(options, found)).length > 0) return undefined;
  return JSON.stringify({
    id,
    entry_point: found.entry,
    reward_threshold: found.threshold ?? null,
    nondeterministic: false,
    max_episode_steps: maxEpisodeSteps ?? found.steps,
    order_enforce: true,
    disable_env_checker: false,
    kwargs: found.kwargs ?? {},
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
  const found = Object.hasOwn(ENTRIES, id) ? ENTRIES[id]! : undefined;
  const own = {
    ...(found === undefined ? kwargs : without(kwargs ?? {}, found)),
    ...(wrappers.length > 0 && { wrappers }),
  };
  if (found === undefined || Object.keys(own).length > 0) {
    return { id: `${PYTHON}${id}`, options: own as Environment['options'] };
  }
  const options = limit == null || limit === found.steps ? {} : { maxEpisodeSteps: limit };
  return { id: `${namespaceOf(found)}${id}`, options };
}

/**
 * That Minari's files hold a space as numbers.
 * @throws one line that names the part that they hold otherwise
 */
export function checkNumbers(where: string, leaves: readonly Leaf[], { jpeg }: { jpeg: boolean }): void {
  for (const { path, space } of leaves) {
    const name = [where, ...path].join('.');
    if (space instanceof Text) throw new Error(`${name}: are texts, expected numbers`);
    if (jpeg && isImage(space)) throw new Error(`${name}: are images as JPEG, expected numbers (jpeg_encoding: false)`);
  }
}

/** As Minari tells images. */
function isImage(space: Space): boolean {
  if (!(space instanceof Box) || space.dtype !== 'uint8') return false;
  const { shape, low, high } = space;
  const isLarge = [2, 3].includes(shape.length) && shape[0]! >= 32 && shape[1]! >= 32;
  const bounds = [...low, ...high];
  return isLarge && bounds.every((bound, i) => bound === (i < low.length ? 0 : 255));
}

/** The type of rows that hold the numbers of all parts. */
export function dtypeOfParts(leaves: readonly Leaf[]): Dtype {
  const isNarrow = ({ space }: Leaf) => !(space instanceof Box) || /float32|uint8/.test(space.dtype);
  return leaves.every(isNarrow) ? 'float32' : 'float64';
}

/** Whether numpy has the space's values as int64. */
export function isInt64(space: Space): boolean {
  return space instanceof Discrete || space instanceof MultiDiscrete;
}
