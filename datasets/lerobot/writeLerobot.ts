import type { ColumnSource, SchemaElement } from 'hyparquet-writer';
import { writeWholeFile, writeWholeFolder } from '../../src/files.ts';
import { nodeBuiltin } from '../../src/nodeBuiltin.ts';
import { shortened } from '../../src/options/describe.ts';
import type { Dataset } from '../dataset.ts';
import { type Dtype, leavesOf, type NumberArray, type StoredEpisode } from '../episode.ts';
import { checkNumbers, isInt64 } from '../minari/metadata.ts';
import {
  DONE,
  EPISODES,
  INFO,
  INFO_PREFIX,
  PLACES,
  REWARD,
  STATS,
  TASKS,
  TERMINATED,
  TRUNCATED,
  VERSION,
} from './info.ts';
import { loadParquet, type Parquet } from './parquet.ts';
import { FeatureStats } from './stats.ts';

/** Frames a second where the dataset does not say it. */
const FPS = 30;
const MEBIBYTE = 2 ** 20;
/** As LeRobot has them: a file of rows is ended at so many MiB, and so many files are in a folder. */
const [FILE_SIZE, FILES] = [100, 1000];

/** The types of numbers as Parquet has them. */
const TYPES = {
  float32: { type: 'FLOAT' },
  float64: { type: 'DOUBLE' },
  int32: { type: 'INT32' },
  uint8: { type: 'INT32', converted_type: 'UINT_8' },
  int64: { type: 'INT64' },
  bool: { type: 'BOOLEAN' },
} as const satisfies Record<Dtype | 'int64' | 'bool', Partial<SchemaElement>>;

/** Numbers as the library takes those of a type. */
const VALUES = {
  float32: Number,
  float64: Number,
  int32: Number,
  uint8: Number,
  int64: BigInt,
  bool: Boolean,
} as const;

/** A column of numbers as `meta/info.json` says it. */
interface Feature {
  readonly dtype: keyof typeof TYPES;
  readonly shape: readonly number[];
  readonly names: readonly string[] | null;
}

/**
 * Writes a dataset in LeRobot's format v3. The folder is there when all is in it, or not at all.
 *
 * A row has an observation, the action that was taken from it, and what that led to: `next.reward`, `next.done`, `next.terminated`, `next.truncated`.
 * The last observation of an episode is a row of its own: what the step before it had is repeated, as LeRobot's evaluation pads it, with a reward of 0.
 * Infos are columns `info.<name>`. What LeRobot has no place for, spaces, policies, seeds, is in `meta/info.json`: it is read back with equal numbers.
 * @throws one line, if hyparquet is not installed, the folder is there already, a space has texts, or an info a name with a slash
 */
export async function writeLerobot(dataset: Dataset, path: string, signal?: AbortSignal): Promise<void> {
  const { about, observationSpace, actionSpace } = dataset;
  for (const [what, space] of Object.entries({ observations: observationSpace, actions: actionSpace })) {
    checkNumbers(`${dataset.path}: ${what}`, leavesOf(space), { jpeg: false });
  }
  const slash = about.infos.find((name) => name.includes('/'));
  if (slash !== undefined)
    throw new Error(`${path}: the info ${shortened(slash)} cannot name a column of LeRobot's: it has a slash`);
  const features = featuresOf(dataset);
  const fps = fpsOf(about.provenance);
  const parquet = await loadParquet();
  await writeWholeFolder(path, signal, function* (folder) {
    const { join } = nodeBuiltin('node:path');
    nodeBuiltin('node:fs').mkdirSync(join(folder, 'meta/episodes/chunk-000'), { recursive: true });
    const rows = new RowsWriter(parquet, folder, features);
    const stats = new Map(Object.entries(features).map(([name, { shape }]) => [name, new FeatureStats(shape[0]!)]));
    const episodes: Record<string, unknown>[] = [];
    const [seeds, policies]: (number | null)[][] = [[], []];
    let frames = 0;
    for (const episode of dataset.storedEpisodes()) {
      const count = episode.rewards.length + 1;
      const columns = columnsOf(episode, about.infos, { number: episodes.length, begin: frames, fps });
      const place = rows.write(columns, count);
      const own = Object.keys(features).flatMap((name) => {
        const said = new FeatureStats(features[name]!.shape[0]!);
        said.add(columns[name]!);
        stats.get(name)!.merge(said);
        return Object.entries(said.values()).map(([stat, values]) => [`stats/${name}/${stat}`, values] as const);
      });
      episodes.push({
        episode_index: episodes.length,
        'data/chunk_index': place.chunk,
        'data/file_index': place.file,
        dataset_from_index: frames,
        dataset_to_index: frames + count,
        tasks: [taskOf(dataset)],
        length: count,
        ...Object.fromEntries(own),
        'meta/episodes/chunk_index': 0,
        'meta/episodes/file_index': 0,
      });
      frames += count;
      seeds!.push(episode.seed ?? null);
      policies!.push(episode.policy ?? null);
      yield;
    }
    rows.finish();
    if (episodes.length === 0) throw new Error(`${path}: has no episode, expected at least one`);
    const info = infoOf(dataset, features, { episodes: episodes.length, frames, fps });
    const known = (values: (number | null)[]) => (values.some((value) => value !== null) ? values : undefined);
    const oxbow = { about, seeds: known(seeds!), policies: known(policies!) };
    writeWholeFile(join(folder, INFO), `${JSON.stringify({ ...info, oxbow }, null, 4)}\n`);
    writeWholeFile(join(folder, STATS), `${JSON.stringify(statsJson(stats), null, 4)}\n`);
    writeWholeFile(join(folder, TASKS), [tasksFile(parquet, taskOf(dataset))]);
    writeWholeFile(join(folder, EPISODES), [episodesFile(parquet, episodes)]);
  });
}

/** What LeRobot's dataset said that this one was read from. */
function fpsOf({ lerobot }: Dataset['about']['provenance']): number {
  const { fps } = (lerobot ?? {}) as { fps?: unknown };
  return typeof fps === 'number' && fps > 0 ? fps : FPS;
}

function taskOf({ about }: Dataset): string {
  const { tasks } = (about.provenance.lerobot ?? {}) as { tasks?: unknown };
  return Array.isArray(tasks) && tasks.length === 1 ? String(tasks[0]) : (about.environment?.id ?? 'not said');
}

function featuresOf({ about, observationSpace, actionSpace }: Dataset): Record<string, Feature> {
  const row = (space: Dataset['actionSpace'], dtype: Dtype): Feature => ({
    dtype: isInt64(space) ? 'int64' : dtype,
    shape: [space.size],
    names: leavesOf(space).flatMap(({ path, space: { size } }) =>
      Array.from({ length: size }, (_, i) => [...path, i].join('.')),
    ),
  });
  const one = (dtype: Feature['dtype']): Feature => ({ dtype, shape: [1], names: null });
  return {
    'observation.state': row(observationSpace, about.dtypes.observations),
    action: row(actionSpace, about.dtypes.actions),
    [REWARD]: one(about.dtypes.rewards),
    [DONE]: one('bool'),
    [TERMINATED]: one('bool'),
    [TRUNCATED]: one('bool'),
    ...Object.fromEntries(about.infos.map((name) => [INFO_PREFIX + name, one('float64')])),
    ...PLACES,
  };
}

/** The columns of an episode, a row for each observation. */
function columnsOf(
  { observations, actions, rewards, terminations, truncations, infos = {} }: StoredEpisode,
  names: readonly string[],
  { number, begin, fps }: { readonly number: number; readonly begin: number; readonly fps: number },
): Record<string, ArrayLike<number>> {
  const count = rewards.length + 1;
  const padded = (values: NumberArray) => {
    const width = values.length / rewards.length;
    return [...values, ...values.subarray(values.length - width)];
  };
  const each = (value: (row: number) => number) => Array.from({ length: count }, (_, row) => value(row));
  const [terminated, truncated] = [padded(terminations), padded(truncations)];
  return {
    'observation.state': observations,
    action: padded(actions),
    [REWARD]: [...rewards, 0],
    [DONE]: each((row) => Math.max(terminated[row]!, truncated[row]!)),
    [TERMINATED]: terminated,
    [TRUNCATED]: truncated,
    ...Object.fromEntries(names.map((name) => [INFO_PREFIX + name, infos[name]!])),
    timestamp: Float32Array.from({ length: count }, (_, row) => row / fps),
    frame_index: each((row) => row),
    episode_index: each(() => number),
    index: each((row) => begin + row),
    task_index: each(() => 0),
  };
}

type FileWriter = InstanceType<Parquet['writing']['ParquetWriter']>;

/** Writes rows, a group of them for each episode, file after file. */
class RowsWriter {
  readonly #parquet: Parquet;
  readonly #folder: string;
  readonly #features: Readonly<Record<string, Feature>>;
  #number = -1;
  #path = '';
  #open: FileWriter | undefined;

  constructor(parquet: Parquet, folder: string, features: Readonly<Record<string, Feature>>) {
    this.#parquet = parquet;
    this.#folder = folder;
    this.#features = features;
  }

  /** @returns the file that they are in */
  write(columns: Readonly<Record<string, ArrayLike<number>>>, rows: number): { chunk: number; file: number } {
    const open = this.#open ?? this.#next();
    const columnData = Object.entries(this.#features).map(([name, { dtype, shape }]): ColumnSource => {
      const [width] = shape as [number];
      const values: unknown[] = Array.from<number, unknown>(columns[name]!, VALUES[dtype]);
      const data =
        width === 1 ? values : Array.from({ length: rows }, (_, i) => values.slice(i * width, (i + 1) * width));
      // A dictionary would take −0 for 0.
      return { name, data, ...(dtype.startsWith('float') && { encoding: 'PLAIN' }) };
    });
    open.write({ columnData, rowGroupSize: rows });
    const place = { chunk: Math.floor(this.#number / FILES), file: this.#number % FILES };
    if (open.writer.offset >= FILE_SIZE * MEBIBYTE) this.finish();
    return place;
  }

  #next(): FileWriter {
    const { join } = nodeBuiltin('node:path');
    this.#number += 1;
    const [chunk, file] = [Math.floor(this.#number / FILES), this.#number % FILES].map((n) =>
      String(n).padStart(3, '0'),
    );
    const folder = join(this.#folder, `data/chunk-${chunk}`);
    nodeBuiltin('node:fs').mkdirSync(folder, { recursive: true });
    this.#path = join(folder, `file-${file}.parquet`);
    const { ParquetWriter, fileWriter } = this.#parquet.writing;
    const schema = schemaOf(
      Object.entries(this.#features).map(([name, { dtype, shape }]) => ({
        element: { name, ...TYPES[dtype] },
        isList: shape[0] !== 1,
      })),
    );
    this.#open = new ParquetWriter({ writer: fileWriter(this.#path), schema, createdBy: 'oxbow' });
    return this.#open;
  }

  /** Ends the file that is open. */
  finish(): void {
    if (this.#open === undefined) return;
    this.#open.finish();
    this.#open = undefined;
    const { closeSync, fsyncSync, openSync } = nodeBuiltin('node:fs');
    const written = openSync(this.#path, 'r+');
    fsyncSync(written);
    closeSync(written);
  }
}

/** Parquet's schema as pyarrow writes it. */
function schemaOf(columns: readonly { readonly element: SchemaElement; readonly isList: boolean }[]): SchemaElement[] {
  return [
    { name: 'schema', num_children: columns.length },
    ...columns.flatMap(({ element, isList }): SchemaElement[] =>
      isList
        ? [
            { name: element.name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
            { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
            { ...element, name: 'element', repetition_type: 'OPTIONAL' },
          ]
        : [{ ...element, repetition_type: 'OPTIONAL' }],
    ),
  ];
}

/** Statistics of all rows. Those that are not finite, as of infos that are NaN in some rows, are left out: JSON has no such numbers. */
function statsJson(stats: ReadonlyMap<string, FeatureStats>): object {
  const said = [...stats].map(([name, feature]) => [name, feature.values()] as const);
  return Object.fromEntries(said.filter(([, { mean }]) => mean.every(Number.isFinite)));
}

function infoOf(
  { about }: Dataset,
  features: Readonly<Record<string, Feature>>,
  { episodes, frames, fps }: { readonly episodes: number; readonly frames: number; readonly fps: number },
): object {
  const { robot_type } = (about.provenance.lerobot ?? {}) as { robot_type?: unknown };
  const file = 'chunk-{chunk_index:03d}/file-{file_index:03d}';
  return {
    codebase_version: VERSION,
    fps,
    features,
    total_episodes: episodes,
    total_frames: frames,
    total_tasks: 1,
    chunks_size: FILES,
    data_files_size_in_mb: FILE_SIZE,
    video_files_size_in_mb: 200,
    data_path: `data/${file}.parquet`,
    video_path: null,
    robot_type: typeof robot_type === 'string' ? robot_type : null,
    splits: { train: `0:${episodes}` },
  };
}

/** The tasks as pandas writes them: their texts are the index. */
function tasksFile({ writing }: Parquet, task: string): Uint8Array {
  const column = (name: string, pandas: string, numpy: string) => {
    return { name, field_name: name, pandas_type: pandas, numpy_type: numpy, metadata: null };
  };
  const pandas = {
    index_columns: ['task'],
    column_indexes: [],
    columns: [column('task_index', 'int64', 'int64'), column('task', 'unicode', 'object')],
    creator: { library: 'oxbow', version: '' },
    pandas_version: '2.0.0',
  };
  const columnData: ColumnSource[] = [
    { name: 'task_index', data: [0n], type: 'INT64' },
    { name: 'task', data: [task], type: 'STRING' },
  ];
  const kvMetadata = [{ key: 'pandas', value: JSON.stringify(pandas) }];
  return new Uint8Array(writing.parquetWriteBuffer({ columnData, kvMetadata, createdBy: 'oxbow' }));
}

/** A row for each episode. */
function episodesFile({ writing }: Parquet, episodes: readonly Record<string, unknown>[]): Uint8Array {
  const names = Object.keys(episodes[0]!);
  const isCount = (name: string) => !name.startsWith('stats/') || name.endsWith('/count');
  const columnData = names.map((name): ColumnSource => {
    const whole = (value: unknown): unknown => (Array.isArray(value) ? value.map(whole) : BigInt(value as number));
    return {
      name,
      data: episodes.map(({ [name]: value }) => (name !== 'tasks' && isCount(name) ? whole(value) : value)),
      ...(!isCount(name) && { encoding: 'PLAIN' }),
    };
  });
  const elementOf = (name: string): SchemaElement => {
    if (name === 'tasks') return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8' };
    return { name, type: isCount(name) ? 'INT64' : 'DOUBLE' };
  };
  const schema = schemaOf(
    names.map((name) => ({ element: elementOf(name), isList: name === 'tasks' || name.startsWith('stats/') })),
  );
  return new Uint8Array(writing.parquetWriteBuffer({ columnData, schema, createdBy: 'oxbow' }));
}
