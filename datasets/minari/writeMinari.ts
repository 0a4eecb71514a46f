import type { Group } from 'h5wasm/node';
import { writeWholeFile, writeWholeFolder } from '../../src/files.ts';
import { nodeBuiltin } from '../../src/nodeBuiltin.ts';
import type { SpaceJson } from '../../src/spaces/json.ts';
import type { Dataset, DatasetAbout } from '../dataset.ts';
import { dtypeOf, type Leaf, leavesOf, type NumberArray, type StoredEpisode } from '../episode.ts';
import { Hdf5File, loadHdf5 } from './hdf5.ts';
import { checkNumbers, gymnasiumSpec, isInt64, MAIN, METADATA, spaceToText } from './metadata.ts';

/** The version of Minari whose format is written. */
const VERSION = '0.5.4';

/** Types as HDF5 names them, little-endian. */
const NAMES = { float32: '<f', float64: '<d', int32: '<i', uint8: '<B' } as const;

/**
 * Writes a dataset in Minari's format: a folder whose `data` holds `metadata.json` and `main_data.hdf5`. The folder is there when all is in
 * it, or not at all. Minari opens it as the dataset of the folder's name, if it lies among its own.
 *
 * Numbers keep their types; those of choices become int64, as numpy has them.
 * @throws one line, if h5wasm is not installed, the folder is there already, or its name is none of Minari's
 */
export async function writeMinari(dataset: Dataset, path: string, signal?: AbortSignal): Promise<void> {
  const { basename, join, resolve } = nodeBuiltin('node:path');
  const { closeSync, fsyncSync, mkdirSync, openSync, statSync } = nodeBuiltin('node:fs');
  const id = basename(resolve(path));
  if (!/^[\w-]+-v\d+$/.test(id)) {
    throw new Error(`${path}: got the name ${id}, expected one that ends with a version, as Minari's do: pendulum-v0`);
  }
  const { observationSpace, actionSpace } = dataset;
  const leaves = { observations: leavesOf(observationSpace), actions: leavesOf(actionSpace) };
  checkNumbers(`${dataset.path}: observations`, leaves.observations, { jpeg: false });
  checkNumbers(`${dataset.path}: actions`, leaves.actions, { jpeg: false });
  const areLong = { observations: isLong(dataset.about.observationSpace), actions: isLong(dataset.about.actionSpace) };
  const hdf5 = await loadHdf5();
  await writeWholeFolder(path, signal, function* (folder) {
    const data = join(folder, 'data');
    mkdirSync(data);
    const main = join(data, MAIN);
    const placeholder = crypto.randomUUID();
    let [episodes, steps] = [0, 0];
    // What the dataset that is read throws names itself.
    const named = <T>(body: () => T): T => {
      try {
        return body();
      } catch (error) {
        const { message, code } = error as NodeJS.ErrnoException;
        // As Node says it.
        const problem = code === undefined ? `${path}: ${message}` : `${message}, write '${path}'`;
        throw Object.assign(error as Error, { message: problem });
      }
    };
    const file = named(() => new Hdf5File(hdf5, main, 'w'));
    try {
      const root = new hdf5.Group(file.id, '/');
      for (const episode of dataset.storedEpisodes()) {
        named(() =>
          file.call(() =>
            addEpisode(root.create_group(`episode_${episodes}`), episodes, episode, leaves, areLong, placeholder),
          ),
        );
        episodes += 1;
        steps += episode.rewards.length;
        yield;
      }
    } finally {
      named(() => file.close());
    }
    yield* makeBooleans(main, placeholder, 2 * episodes);
    const written = openSync(main, 'r+');
    fsyncSync(written);
    closeSync(written);
    const metadata = metadataOf(dataset.about, { id, episodes, steps, bytes: statSync(main).size });
    writeWholeFile(join(data, METADATA), JSON.stringify(metadata));
  });
}

function addEpisode(
  group: Group,
  id: number,
  { observations, actions, rewards, terminations, truncations, infos = {}, seed, policy }: StoredEpisode,
  leaves: { readonly observations: readonly Leaf[]; readonly actions: readonly Leaf[] },
  areLong: { readonly observations: boolean; readonly actions: boolean },
  placeholder: string,
): void {
  const steps = rewards.length;
  addRows(group, 'observations', observations, steps + 1, leaves.observations, areLong.observations);
  addRows(group, 'actions', actions, steps, leaves.actions, areLong.actions);
  add(group, ['rewards'], rewards, [steps]);
  for (const [name, values] of Object.entries({ terminations, truncations })) {
    const data = new Map([[placeholder, Int8Array.from(values)]]) as never;
    group.create_dataset({ name, data, shape: [steps], dtype: [[placeholder, '<b']] });
  }
  for (const [name, values] of Object.entries(infos)) add(group, ['infos', ...name.split('.')], values, [steps + 1]);
  const attributes = { id, total_steps: steps, seed, policy };
  for (const [name, value] of Object.entries(attributes)) {
    if (Number.isSafeInteger(value)) group.create_attribute(name, BigInt64Array.of(BigInt(value!)), [], '<q');
  }
}

/** Whether numpy has all of the space's values as int64, though it is a box. */
function isLong(space: SpaceJson): boolean {
  return space.type === 'Box' && space.dtype === 'int64';
}

/** Adds rows as one column, or, of a space with parts, as one for each part. */
function addRows(
  group: Group,
  name: string,
  values: NumberArray,
  rows: number,
  leaves: readonly Leaf[],
  areLong: boolean,
): void {
  const width = values.length / rows;
  for (const { path, space, offset } of leaves) {
    const { size, shape } = space;
    const isWhole = path.length === 0;
    const part = isWhole ? values : new Float64Array(rows * size);
    if (!isWhole) {
      for (let i = 0; i < part.length; i++) part[i] = values[Math.floor(i / size) * width + offset + (i % size)]!;
    }
    const typed = isWhole || isInt64(space) ? part : new ARRAYS[space.dtype](part);
    const isWanted = isInt64(space) || (areLong && typed.every(Number.isInteger));
    add(group, [name, ...path], isWanted ? BigInt64Array.from(typed, BigInt) : typed, [rows, ...shape]);
  }
}

const ARRAYS = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array } as const;

function add(group: Group, path: readonly string[], data: NumberArray | BigInt64Array, shape: number[]): void {
  let at = group;
  for (const name of path.slice(0, -1)) at = (at.get(name) as Group | null) ?? at.create_group(name);
  const dtype = data instanceof BigInt64Array ? '<q' : NAMES[dtypeOf(data)];
  at.create_dataset({ name: path.at(-1)!, data, shape, dtype });
}

/** How HDF5 begins the type of records with one number, a byte; the name of the number follows. */
const RECORD = Uint8Array.of(0x16, 1, 0, 0, 1, 0, 0, 0);
/** Bytes of that type behind the name, which is padded to eight: where the number is in a record, and its type. */
const BEHIND_NAME = 44;
/** The type of h5py's booleans: an enumeration of int8, FALSE 0 and TRUE 1. */
const BOOLEAN = Uint8Array.of(
  ...[0x18, 2, 0, 0, 1, 0, 0, 0],
  ...[0x10, 8, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0],
  ...new TextEncoder().encode('FALSE\0\0\0TRUE\0\0\0\0'),
  ...[0, 1],
);

/**
 * Makes booleans of the columns whose type is a record of one byte by a name that nothing else has: h5wasm writes no enumerations, and a
 * record takes more room than one. The types are neither checksummed nor shared in the version of HDF5's format that is written.
 */
function* makeBooleans(path: string, name: string, count: number): Generator<void> {
  const { closeSync, openSync, readSync, writeSync } = nodeBuiltin('node:fs');
  const sought = Buffer.concat([RECORD, Buffer.from(name)]);
  const type = new Uint8Array(RECORD.length + Math.ceil((name.length + 1) / 8) * 8 + BEHIND_NAME);
  type.set(BOOLEAN);
  const bytes = Buffer.alloc(2 ** 22);
  const file = openSync(path, 'r+');
  let found = 0;
  try {
    for (let at = 0; ; at += bytes.length - sought.length + 1) {
      const read = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, at));
      for (let place = read.indexOf(sought); place >= 0; place = read.indexOf(sought, place + 1)) {
        writeSync(file, type, 0, type.length, at + place);
        found += 1;
      }
      if (read.length < bytes.length) break;
      yield;
    }
  } finally {
    closeSync(file);
  }
  if (found !== count) throw new Error(`${path}: has ${found} columns of booleans, expected ${count}`);
}

function metadataOf(
  { environment, observationSpace, actionSpace, policies, provenance }: DatasetAbout,
  { id, episodes, steps, bytes }: { id: string; episodes: number; steps: number; bytes: number },
): object {
  const names = [...new Set(policies.map(({ name }) => String(name)))];
  const given = typeof provenance.minari === 'object' && !Array.isArray(provenance.minari) ? provenance.minari : {};
  const spec = gymnasiumSpec(environment);
  return {
    ...(names.length > 0 && { algorithm_name: names.join(', ') }),
    ...(spec !== undefined && { env_spec: spec }),
    observation_space: spaceToText(observationSpace),
    action_space: spaceToText(actionSpace),
    // What Minari itself said of it.
    ...given,
    total_episodes: episodes,
    total_steps: steps,
    data_format: 'hdf5',
    jpeg_encoding: false,
    dataset_size: Math.round(bytes / 1e5) / 10,
    dataset_id: id,
    minari_version: VERSION,
    oxbow: { environment, policies, provenance },
  };
}
