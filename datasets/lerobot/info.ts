import { z } from 'zod';
import { parseJson } from '../../src/json.ts';
import { nodeBuiltin } from '../../src/nodeBuiltin.ts';
import { show } from '../../src/options/describe.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { datasetAboutSchema, within } from '../dataset.ts';
import { leadsToFile } from '../minari/metadata.ts';

/** The version of LeRobot's format that is read and written. */
export const VERSION = 'v3.0';

/** Where the files of a dataset lie in its folder. Whatever paths it says itself are not looked at. */
export const INFO = 'meta/info.json';
export const STATS = 'meta/stats.json';
export const TASKS = 'meta/tasks.parquet';
export const EPISODES = 'meta/episodes/chunk-000/file-000.parquet';

/** The columns of every dataset of LeRobot's: which row it is. */
export const PLACES = {
  timestamp: { dtype: 'float32', shape: [1], names: null },
  frame_index: { dtype: 'int64', shape: [1], names: null },
  episode_index: { dtype: 'int64', shape: [1], names: null },
  index: { dtype: 'int64', shape: [1], names: null },
  task_index: { dtype: 'int64', shape: [1], names: null },
} as const;

/** The columns of what a row's action led to. */
export const REWARD = 'next.reward';
export const DONE = 'next.done';
export const TERMINATED = 'next.terminated';
export const TRUNCATED = 'next.truncated';
export const SUCCESS = 'next.success';
/** What the names of infos begin with. */
export const INFO_PREFIX = 'info.';

const infoSchema = z.looseObject({
  fps: z.number().positive(),
  robot_type: z.string().nullish(),
  total_episodes: z.int().positive(),
  total_frames: z.int().positive(),
  features: z.record(z.string(), z.looseObject({ dtype: z.string(), shape: z.array(z.int().nonnegative()) })),
  oxbow: z
    .strictObject({
      about: datasetAboutSchema,
      seeds: z.array(z.number().nullable()).optional(),
      policies: z.array(z.int().nonnegative().nullable()).optional(),
    })
    .optional(),
});

/** What `meta/info.json` says; `oxbow` is there where oxbow has written it, and gone once LeRobot has changed the dataset. */
export type LerobotInfo = z.output<typeof infoSchema>;

/** Whether a folder holds a dataset of LeRobot's, of whatever version. */
export function hasInfo(folder: string): boolean {
  return leadsToFile(nodeBuiltin('node:path').join(folder, INFO));
}

/** @throws one line, if it cannot be read, or is of another version */
export function readInfo(folder: string): LerobotInfo {
  const path = nodeBuiltin('node:path').join(folder, INFO);
  const json = within(`${path}: cannot be read`, () => parseJson(nodeBuiltin('node:fs').readFileSync(path, 'utf8')));
  const { codebase_version: version } = (json ?? {}) as Record<string, unknown>;
  if (version !== VERSION) {
    throw new Error(
      `${path}: has the codebase_version ${show(version)}, this oxbow reads ${VERSION}: lerobot.scripts.convert_dataset_v21_to_v30 makes it of v2.1`,
    );
  }
  return parseOptions(path, infoSchema, json);
}
