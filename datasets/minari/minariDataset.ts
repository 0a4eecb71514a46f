import { Box } from '../../envs/index.ts';
import { parseJson } from '../../src/json.ts';
import { nodeBuiltin } from '../../src/nodeBuiltin.ts';
import { shortened } from '../../src/options/describe.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { spacesFromJson } from '../../src/spaces/json.ts';
import { type Dataset, type DatasetAbout, within } from '../dataset.ts';
import {
  arrayOf,
  type ColumnDtypes,
  checkEpisode,
  converted,
  type Dtype,
  type Episode,
  episodesOf,
  type Leaf,
  leavesOf,
  type NumberArray,
  type StoredEpisode,
} from '../episode.ts';
import { type Hdf5, loadHdf5 } from './hdf5.ts';
import { type Column, Hdf5Reader } from './hdf5Reader.ts';
import {
  checkNumbers,
  dtypeOfParts,
  environmentFrom,
  envSpec,
  isInt64,
  leadsToFile,
  MAIN,
  type MinariMetadata,
  readMetadata,
  spaceFromText,
} from './metadata.ts';

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
    this.#file = nodeBuiltin('node:path').join(folder, MAIN);
    this.#hdf5 = hdf5;
    this.numEpisodes = metadata.total_episodes;
    this.numSteps = metadata.total_steps;
    const { observationSpace, actionSpace } = spacesFromJson(path, spaces);
    this.observationSpace = observationSpace;
    this.actionSpace = actionSpace;
    this.#leaves = { observations: leavesOf(this.observationSpace), actions: leavesOf(this.actionSpace) };
    checkNumbers(`${path}: observations`, this.#leaves.observations, { jpeg: metadata.jpeg_encoding });
    checkNumbers(`${path}: actions`, this.#leaves.actions, { jpeg: metadata.jpeg_encoding });
    const { dtypes, infos, left } = this.#columns();
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
        const episode = this.#named(i, () => this.#episode(file, groupIn(file, i), this.numSteps - steps));
        checkEpisode(`${this.path}: episode ${i}`, episode, this);
        steps += episode.rewards.length;
        yield episode;
      }
    } finally {
      file.close();
    }
    if (steps !== this.numSteps) throw new Error(`${this.path}: has ${steps} steps, expected ${this.numSteps}`);
  }

  #open(): Hdf5Reader {
    if (!leadsToFile(this.#file)) throw new Error(`${this.#file}: there is no such file`);
    return within(`${this.#file}: cannot be opened`, () => new Hdf5Reader(this.#hdf5, this.#file));
  }

  #named<T>(i: number, body: () => T): T {
    return within(`${this.#file}: episode ${i}`, body);
  }

  /** The types of the columns, as the first episode has them, and the infos of all. */
  #columns(): { dtypes: ColumnDtypes; infos: string[]; left: string[] } {
    const file = this.#open();
    try {
      const dtypes = this.#named(0, () => this.#dtypes(file, groupIn(file, 0)));
      const isKept = new Map<string, boolean>();
      for (let i = 0; i < this.numEpisodes; i++) this.#named(i, () => findInfos(file, groupIn(file, i), isKept));
      const [infos, left] = [true, false].map((wanted) => {
        return [...isKept].flatMap(([name, kept]) => (kept === wanted ? [name] : [])).sort();
      }) as [string[], string[]];
      return { dtypes, infos, left };
    } finally {
      file.close();
    }
  }

  #dtypes(file: Hdf5Reader, group: string): ColumnDtypes {
    const typeOf = (name: 'observations' | 'actions'): Dtype => {
      const leaves = this.#leaves[name];
      if (leaves.length !== 1 || leaves[0]!.path.length > 0) return dtypeOfParts(leaves);
      const { dtype, type } = columnIn(file, group, [name]);
      // Choices are int64 in numpy. In a box, later episodes may have larger numbers than this one.
      return isInt64(leaves[0]!.space) && /^u?int/.test(type) ? 'int32' : dtype;
    };
    const rewards = columnIn(file, group, ['rewards']).dtype;
    return {
      observations: typeOf('observations'),
      actions: typeOf('actions'),
      rewards: rewards === 'float32' ? 'float32' : 'float64',
    };
  }

  /** @param most the steps that are left of those that the metadata say */
  #episode(file: Hdf5Reader, group: string, most: number): StoredEpisode {
    file.startEpisode();
    const { dtypes, infos } = this.about;
    const steps = columnIn(file, group, ['rewards']).shape[0]!;
    if (steps > most)
      throw new Error(`rewards: got ${steps} rows, expected ${most} at most: total_steps ${this.numSteps}`);
    const rewards = converted('rewards', numbersIn(file, group, ['rewards'], steps), dtypes.rewards) as Float64Array;
    const seed = file.attribute(group, 'seed');
    // What another program says by that name need not be a place in a list.
    const policy = file.attribute(group, 'policy');
    const told = infos.map((name): [string, Float64Array] => {
      const path = ['infos', ...name.split('.')];
      return [
        name,
        file.kind([group, ...path].join('/')) !== undefined
          ? Float64Array.from(numbersIn(file, group, path, steps + 1))
          : new Float64Array(steps + 1).fill(Number.NaN),
      ];
    });
    return {
      observations: this.#rows(file, group, 'observations', steps + 1),
      actions: this.#rows(file, group, 'actions', steps),
      rewards,
      terminations: flagsIn(file, group, 'terminations', steps),
      truncations: flagsIn(file, group, 'truncations', steps),
      ...(infos.length > 0 && { infos: Object.fromEntries(told) }),
      ...(seed !== undefined && { seed }),
      ...(policy !== undefined && Number.isSafeInteger(policy) && policy >= 0 && { policy }),
    };
  }

  /** The rows of observations or actions: a column as it is, or the parts of each row one after another. */
  #rows(file: Hdf5Reader, group: string, name: 'observations' | 'actions', rows: number): NumberArray {
    const leaves = this.#leaves[name];
    const dtype = this.about.dtypes[name];
    if (leaves.length === 1 && leaves[0]!.path.length === 0) {
      return converted(name, numbersIn(file, group, [name], rows, leaves[0]!.space.shape), dtype);
    }
    const width = leaves.reduce((sum, { space }) => sum + space.size, 0);
    const target = arrayOf(dtype, rows * width);
    for (const { path, space, offset } of leaves) {
      const { size, shape } = space;
      const values = numbersIn(file, group, [name, ...path], rows, shape);
      // What is no real number is one of a few: another one would be another of them.
      const part = space instanceof Box ? values : converted([name, ...path].join('.'), values, 'int32');
      for (let row = 0; row < rows; row++) {
        for (let j = 0; j < size; j++) target[row * width + offset + j] = part[row * size + j]!;
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
  const parsed =
    spec === undefined ? undefined : (within(`${path}: env_spec`, () => parseJson(spec)) as { id?: unknown } | null);
  const name = typeof metadata.algorithm_name === 'string' ? metadata.algorithm_name : undefined;
  return {
    environment:
      typeof parsed?.id === 'string' ? environmentFrom(parseOptions(`${path}: env_spec`, envSpec, parsed)) : null,
    policies: name === undefined ? [] : [{ name }],
    provenance: { minari: minari as never },
  };
}

/** Columns of infos. */
const MOST_INFOS = 1000;

/** The group of an episode. */
function groupIn(file: Hdf5Reader, i: number): string {
  const group = `episode_${i}`;
  if (file.kind(group) !== 'group') throw new Error(`${group} is no group of the file`);
  return group;
}

function columnIn(file: Hdf5Reader, group: string, path: readonly string[]): Column {
  const name = path.join('.');
  const column = within(shortened(name), () => file.column([group, ...path].join('/')));
  if (column === undefined) throw new Error(`has no ${name}`);
  return column;
}

/** The numbers of a column that must have `rows` rows of this shape; numpy leaves out axes of one, and adds them. */
function numbersIn(
  file: Hdf5Reader,
  group: string,
  path: readonly string[],
  rows: number,
  shape: readonly number[] = [],
): NumberArray {
  const column = columnIn(file, group, path);
  const count = (of: readonly number[]) => of.reduce((product, n) => product * n, 1);
  const [found, ...inner] = column.shape;
  const same = (a: readonly number[], b: readonly number[]) => String(a) === String(b);
  const longer = (axes: readonly number[]) => axes.filter((n) => n !== 1);
  return within(shortened(path.join('.')), () => {
    const [got, expected] = [count(column.shape), rows * count(shape)];
    if (got !== expected) throw new Error(`got ${got} numbers, expected ${expected}`);
    if (found !== rows || !same(longer(inner), longer(shape))) {
      throw new Error(`got the shape [${column.shape}], expected ${rows} rows of [${shape}]`);
    }
    return file.read(column);
  });
}

/** Ends: booleans, or numbers that are 0 and 1. */
function flagsIn(file: Hdf5Reader, group: string, name: string, steps: number): Uint8Array {
  return converted(name, numbersIn(file, group, [name], steps), 'uint8') as Uint8Array;
}

/**
 * Adds the infos of an episode that are not known yet, by name: whether they are kept, which are one number a step. Those floats are left out that
 * HDF5's library does not read, and names with a dot, which leads from group to group here.
 */
function findInfos(file: Hdf5Reader, group: string, isKept: Map<string, boolean>): void {
  const infos = `${group}/infos`;
  const kind = file.kind(infos);
  if (kind === undefined) return;
  if (kind !== 'group') throw new Error('infos is no group of the file');
  const found = file.leaves(infos, (name) => isKept.has(name)).filter((path) => !isKept.has(path.join('.')));
  if (isKept.size + found.length > MOST_INFOS) throw new Error(`infos: has more than ${MOST_INFOS} columns`);
  if (found.length === 0) return;
  const rows = columnIn(file, group, ['rewards']).shape[0]! + 1;
  for (const path of found) {
    const isNamed = path.every((part) => !part.includes('.'));
    isKept.set(path.join('.'), isNamed && isOneNumber(file, [infos, ...path].join('/'), rows));
  }
}

function isOneNumber(file: Hdf5Reader, path: string, rows: number): boolean {
  try {
    const shape = file.column(path)?.shape;
    return shape?.length === 1 && shape[0] === rows;
  } catch {
    return false;
  }
}
