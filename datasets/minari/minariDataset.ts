import type { Group, Dataset as H5Dataset, File as H5File } from 'h5wasm/node';
import { leadsToFile } from '../../src/files.ts';
import { parseOptions } from '../../src/options/parseOptions.ts';
import { parseJson } from '../../src/parseJson.ts';
import { checkEpisode } from '../checkEpisode.ts';
import { converted } from '../converted.ts';
import type { Dataset, DatasetAbout } from '../dataset.ts';
import type { Episode } from '../episode.ts';
import { nodeModule } from '../nodeModule.ts';
import { spacesFromJson } from '../spaceJson.ts';
import {
  arrayOf,
  type ColumnDtypes,
  type Dtype,
  dtypeOf,
  episodesOf,
  type NumberArray,
  type StoredEpisode,
} from '../storedEpisode.ts';
import { environmentFrom, envSpec } from './gymnasiumSpec.ts';
import { type Hdf5, hdf5Problem, loadHdf5, readAlone } from './hdf5.ts';
import { checkNumbers, dtypeOfParts, isInt64, type Leaf, leavesOf } from './leaves.ts';
import { MAIN, type MinariMetadata, readMetadata, spaceFromText } from './metadata.ts';

/**
 * A dataset in Minari's format: `metadata.json` and `main_data.hdf5`. One episode is in memory at a time.
 *
 * Observations and actions of Dict and Tuple spaces become rows, part after part, as a vector environment has them. Of the infos those are
 * read that are one number a step; the others are named in `about.provenance.left`.
 */
export class MinariDataset implements Dataset {
  readonly path: string;
  readonly format = 'minari';
  readonly finished = true;
  readonly about: DatasetAbout;
  readonly numEpisodes: number;
  readonly numSteps: number;
  readonly observationSpace: Dataset['observationSpace'];
  readonly actionSpace: Dataset['actionSpace'];
  readonly #file: string;
  readonly #hdf5: Hdf5;
  readonly #leaves: { readonly observations: readonly Leaf[]; readonly actions: readonly Leaf[] };

  /**
   * @param folder that holds the two files
   * @throws one line, if h5wasm is not installed, or a file is missing, damaged or foreign
   */
  static async open(path: string, folder: string): Promise<MinariDataset> {
    return new MinariDataset(path, folder, readMetadata(folder), await loadHdf5());
  }

  private constructor(path: string, folder: string, metadata: MinariMetadata, hdf5: Hdf5) {
    const spaces = {
      observationSpace: spaceFromText(`${path}: observation_space`, metadata.observation_space),
      actionSpace: spaceFromText(`${path}: action_space`, metadata.action_space),
    };
    this.path = path;
    this.#file = nodeModule('node:path').join(folder, MAIN);
    this.#hdf5 = hdf5;
    this.numEpisodes = metadata.total_episodes;
    this.numSteps = metadata.total_steps;
    const { observationSpace, actionSpace } = spacesFromJson(path, spaces);
    this.observationSpace = observationSpace;
    this.actionSpace = actionSpace;
    this.#leaves = { observations: leavesOf(this.observationSpace), actions: leavesOf(this.actionSpace) };
    checkNumbers(`${path}: observations`, this.#leaves.observations, { jpeg: metadata.jpeg_encoding });
    checkNumbers(`${path}: actions`, this.#leaves.actions, { jpeg: metadata.jpeg_encoding });
    const { dtypes, infos, left } = this.#withFile((file) => this.#columnsOf(groupIn(file, 'episode_0')));
    const { environment, policies, provenance } = aboutFrom(path, metadata);
    const said = { ...provenance, ...(left.length > 0 && { left }) };
    this.about = { environment, ...spaces, dtypes, infos, policies, provenance: said };
  }

  episodes(): Iterable<Episode> {
    return episodesOf(this.path, this.storedEpisodes());
  }

  /** @throws one line, if an episode is missing, cut or damaged, or does not fit its spaces */
  *storedEpisodes(): Iterable<StoredEpisode> {
    const file = this.#open();
    let steps = 0;
    try {
      for (let i = 0; i < this.numEpisodes; i++) {
        const episode = this.#named(() => this.#episode(groupIn(file, `episode_${i}`)), `episode ${i}`);
        checkEpisode(`${this.path}: episode ${i}`, episode, this);
        steps += episode.rewards.length;
        yield episode;
      }
    } finally {
      file.close();
    }
    if (steps !== this.numSteps) throw new Error(`${this.path}: has ${steps} steps, expected ${this.numSteps}`);
  }

  #open(): H5File {
    if (!leadsToFile(this.#file)) throw new Error(`${this.#file}: there is no such file`);
    return this.#named(() => new this.#hdf5.File(this.#file, 'r'), 'cannot be opened');
  }

  #withFile<T>(body: (file: H5File) => T): T {
    const file = this.#open();
    try {
      return this.#named(() => body(file), 'episode 0');
    } finally {
      file.close();
    }
  }

  #named<T>(body: () => T, what: string): T {
    try {
      return readAlone(this.#hdf5, this.#file, body);
    } catch (error) {
      throw new Error(`${this.#file}: ${what}: ${hdf5Problem(error)}`);
    }
  }

  /** The types of the columns, and which infos there are, as the first episode has them. */
  #columnsOf(group: Group): { dtypes: ColumnDtypes; infos: string[]; left: string[] } {
    const rewards = numbersIn(group, ['rewards']);
    const typeOf = (name: 'observations' | 'actions'): Dtype => {
      const leaves = this.#leaves[name];
      if (leaves.length !== 1 || leaves[0]!.path.length > 0) return dtypeOfParts(leaves);
      // Later episodes may have larger numbers than this one.
      if (isLong(group, name) && !isInt64(leaves[0]!.space)) return 'float64';
      return dtypeOf(numbersIn(group, [name]));
    };
    const all = infosIn(group);
    const isKept = ({ path, rows }: Info) => rows === rewards.length + 1 && path.every((name) => !name.includes('.'));
    return {
      dtypes: {
        observations: typeOf('observations'),
        actions: typeOf('actions'),
        rewards: rewards instanceof Float32Array ? 'float32' : 'float64',
      },
      infos: all
        .filter(isKept)
        .map(({ path }) => path.join('.'))
        .sort(),
      left: all
        .filter((info) => !isKept(info))
        .map(({ path }) => path.join('.'))
        .sort(),
    };
  }

  #episode(group: Group): StoredEpisode {
    const { dtypes, infos } = this.about;
    const rewards = converted('rewards', numbersIn(group, ['rewards']), dtypes.rewards) as Float64Array;
    const steps = rewards.length;
    const { seed } = group.attrs;
    // What another program says by that name need not be a place in a list.
    const policy = Number(group.attrs.policy?.value);
    const has = (name: string) =>
      group.get('infos') !== null && entityIn(group, ['infos', ...name.split('.')]) !== null;
    const told = infos.map((name): [string, Float64Array] => [
      name,
      has(name)
        ? Float64Array.from(numbersIn(group, ['infos', ...name.split('.')], steps + 1))
        : new Float64Array(steps + 1).fill(Number.NaN),
    ]);
    return {
      observations: this.#rows(group, 'observations', steps + 1),
      actions: this.#rows(group, 'actions', steps),
      rewards,
      terminations: Uint8Array.from(numbersIn(group, ['terminations'], steps)),
      truncations: Uint8Array.from(numbersIn(group, ['truncations'], steps)),
      ...(infos.length > 0 && { infos: Object.fromEntries(told) }),
      ...(seed !== undefined && Number.isFinite(Number(seed.value)) && { seed: Number(seed.value) }),
      ...(Number.isSafeInteger(policy) && policy >= 0 && { policy }),
    };
  }

  /** The rows of observations or actions: a column as it is, or the parts of each row one after another. */
  #rows(group: Group, name: 'observations' | 'actions', rows: number): NumberArray {
    const leaves = this.#leaves[name];
    const dtype = this.about.dtypes[name];
    if (leaves.length === 1 && leaves[0]!.path.length === 0) {
      const values = numbersIn(group, [name], rows, leaves[0]!.space.size);
      return converted(name, values, dtype);
    }
    const width = leaves.reduce((sum, { space }) => sum + space.size, 0);
    const target = arrayOf(dtype, rows * width);
    for (const { path, space, offset } of leaves) {
      const values = numbersIn(group, [name, ...path], rows, space.size);
      for (let row = 0; row < rows; row++) {
        for (let j = 0; j < space.size; j++) target[row * width + offset + j] = values[row * space.size + j]!;
      }
    }
    return target;
  }
}

/** What oxbow has written about it, or what Minari says. */
function aboutFrom(
  path: string,
  metadata: MinariMetadata,
): Pick<DatasetAbout, 'environment' | 'policies' | 'provenance'> {
  const { oxbow, env_spec: spec } = metadata;
  if (oxbow !== undefined) return oxbow;
  const {
    total_episodes: _,
    total_steps: __,
    data_format: ___,
    dataset_size: ____,
    jpeg_encoding: _____,
    ...minari
  } = metadata;
  const parsed = spec === undefined ? undefined : (parsedSpec(path, spec) as { id?: unknown } | null);
  const name = typeof metadata.algorithm_name === 'string' ? metadata.algorithm_name : undefined;
  return {
    environment:
      typeof parsed?.id === 'string' ? environmentFrom(parseOptions(`${path}: env_spec`, envSpec, parsed)) : null,
    policies: name === undefined ? [] : [{ name }],
    provenance: { minari: minari as never },
  };
}

function parsedSpec(path: string, text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw new Error(`${path}: env_spec: ${(error as Error).message}`);
  }
}

/** A group or a column by its path, null if there is none. */
function entityIn(group: Group, path: readonly string[]): unknown {
  let entity: unknown = group;
  for (const name of path) entity = isGroup(entity) ? entity.get(name) : null;
  return entity;
}

function groupIn(group: Group, name: string): Group {
  const entity = group.get(name);
  if (!isGroup(entity)) throw new Error(`${name} is no group of the file`);
  return entity;
}

function isGroup(entity: unknown): entity is Group {
  return (entity as { type?: string } | null)?.type === 'Group';
}

function isColumn(entity: unknown): entity is H5Dataset {
  return (entity as { type?: string } | null)?.type === 'Dataset';
}

/** A column as one of the types that oxbow stores; it must have `rows` rows of `width` numbers each. */
function numbersIn(group: Group, path: readonly string[], rows?: number, width = 1): NumberArray {
  const column = entityIn(group, path);
  if (!isColumn(column)) throw new Error(`has no ${path.join('.')}`);
  const size = column.shape?.reduce((product, n) => product * n, 1);
  if (rows !== undefined && size !== rows * width) {
    throw new Error(`${path.join('.')}: got ${size} numbers, expected ${rows * width}`);
  }
  if (rows !== undefined && column.shape?.[0] !== rows) {
    throw new Error(`${path.join('.')}: got the shape [${column.shape}], expected ${rows} rows of ${width}`);
  }
  const values: unknown = column.value;
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    const numbers = Float64Array.from(values, Number);
    return numbers.every((value) => value === (value | 0)) ? Int32Array.from(numbers) : numbers;
  }
  for (const type of [Float32Array, Float64Array, Int32Array, Uint8Array]) if (values instanceof type) return values;
  if (values instanceof Int8Array || values instanceof Int16Array || values instanceof Uint16Array) {
    return Int32Array.from(values);
  }
  if (values instanceof Uint32Array) return Float64Array.from(values);
  throw new Error(`${path.join('.')}: holds no numbers`);
}

/** Whether a column is of integers of 64 bits. */
function isLong(group: Group, name: string): boolean {
  const column = entityIn(group, [name]);
  return isColumn(column) && column.metadata.type === 0 && column.metadata.size === 8;
}

interface Info {
  readonly path: readonly string[];
  /** Its length; undefined if it is not one number a step. */
  readonly rows: number | undefined;
}

/** All columns below `infos`. */
function infosIn(group: Group, path: readonly string[] = ['infos']): Info[] {
  const entity = entityIn(group, path);
  if (isGroup(entity)) return entity.keys().flatMap((name) => infosIn(group, [...path, name]));
  if (!isColumn(entity)) return [];
  const {
    shape,
    metadata: { type, size },
  } = entity;
  // Integers, h5py's booleans, which are enumerations, and those floats that h5wasm reads.
  const isNumber = [0, 8].includes(type) || (type === 1 && [4, 8].includes(size));
  return [{ path: path.slice(1), rows: isNumber && shape?.length === 1 ? shape[0] : undefined }];
}
