import { Box, type Space } from '../../envs/index.ts';
import { shortened } from '../../src/options/describe.ts';
import { spaceToJson } from '../../src/spaces/json.ts';
import { DatasetInFiles, within } from '../dataset.ts';
import { atEnd, checkEpisode, converted, type Dtype, type NumberArray, type StoredEpisode } from '../episode.ts';
import { loadHdf5 } from '../minari/hdf5.ts';
import { type Column, Hdf5Reader } from '../minari/hdf5Reader.ts';
import { NpzFile } from './npz.ts';

/** What a file says of a column before it is read. */
export interface FlatColumn {
  readonly shape: readonly number[];
  /** What holds its numbers. */
  readonly dtype: Dtype;
}

/** An open file of columns by their names. */
export interface FlatFile {
  /** Undefined where it holds no numbers that are read. */
  readonly columns: ReadonlyMap<string, FlatColumn | undefined>;
  read(name: string): NumberArray;
  close(): void;
}

/** Rows `begin` to `end`, the last one not among them. */
interface Range {
  readonly begin: number;
  readonly end: number;
  /** Steps; where there is one fewer than rows, the last row has the last observation alone. */
  readonly steps: number;
  readonly terminated: boolean;
  readonly truncated: boolean;
}

/** Columns that are no infos. */
const READ = ['observations', 'actions', 'rewards', 'terminals', 'timeouts', 'next_observations'] as const;
const INFOS = 'infos/';

/**
 * A file that has all episodes in columns, row after row, without a word of spaces: boxes without bounds are taken. While it is read its columns are in
 * memory. Infos are kept that are one number a row, NaN for the last observation of an episode; `about.provenance.left` names what is left out.
 *
 * **D4RL's HDF5**: `observations`, `actions`, `rewards`, `terminals` of steps that end the task, `timeouts` of steps at a limit, `infos/…`, and in
 * some `next_observations` ([Fu et al. 2020](https://arxiv.org/abs/2004.07219)). Without `next_observations` nothing says where the last step of an
 * episode leads to. If it ends the task nobody looks there, and its own observation stands in; else the step is left out, as D4RL does for its
 * Q-learning. Without `timeouts` an episode also ends where `next_observations` is not what the next row observes.
 *
 * **OGBench's NPZ**: `observations`, `actions`, and `terminals` at the last row of each walk, which has its last observation alone
 * ([Park et al. 2024](https://arxiv.org/abs/2410.20092)). That ends no task: episodes count as truncated. Its rewards are those of tasks; 0 stands for
 * them where a file has none. An NPZ that has `timeouts` or `next_observations` is read as D4RL's.
 */
export class FlatDataset extends DatasetInFiles<'d4rl' | 'ogbench'> {
  readonly numEpisodes: number;
  readonly numSteps: number;
  readonly #ranges: readonly Range[];
  readonly #open: () => FlatFile;

  /** @param path of a file `.hdf5`, `.h5` or `.npz` @throws one line, if it cannot be read, or lacks a column */
  static async open(path: string): Promise<FlatDataset> {
    if (path.endsWith('.npz')) {
      const fflate = await import('fflate');
      return new FlatDataset(path, () => within(path, () => new NpzFile(fflate, path)));
    }
    const hdf5 = await loadHdf5();
    return new FlatDataset(path, () => within(`${path}: cannot be opened`, () => hdf5File(new Hdf5Reader(hdf5, path))));
  }

  private constructor(path: string, open: () => FlatFile) {
    const file = open();
    try {
      const { columns } = file;
      const isD4rl = !path.endsWith('.npz') || columns.has('timeouts') || columns.has('next_observations');
      const rows = rowsOf(path, columns, isD4rl);
      const names = [...columns.keys()].filter((name) => !(READ as readonly string[]).includes(name)).sort();
      const isInfo = (name: string) => {
        const { shape } = columns.get(name) ?? {};
        // Of two that would have the same name, the one that is no part of `infos` is read.
        const isTaken = name.startsWith(INFOS) && columns.has(infoName(name));
        return shape?.length === 1 && shape[0] === rows && !isTaken;
      };
      const left = names.filter((name) => !isInfo(name));
      const rewards = columns.get('rewards')?.dtype ?? 'float32';
      super(path, isD4rl ? 'd4rl' : 'ogbench', {
        environment: null,
        observationSpace: spaceToJson(boxOf(columns.get('observations')!)),
        actionSpace: spaceToJson(boxOf(columns.get('actions')!)),
        dtypes: {
          observations: columns.get('observations')!.dtype,
          actions: columns.get('actions')!.dtype,
          rewards: rewards === 'float32' ? 'float32' : 'float64',
        },
        infos: names.filter(isInfo).map(infoName).sort(),
        policies: [],
        provenance: left.length > 0 ? { left } : {},
      });
      this.#ranges = isD4rl ? stepsRanges(path, file, rows) : walkRanges(path, file, rows);
    } finally {
      file.close();
    }
    if (this.#ranges.length === 0) throw new Error(`${path}: has no episode, expected at least one with a step`);
    this.numEpisodes = this.#ranges.length;
    this.numSteps = this.#ranges.reduce((sum, { steps }) => sum + steps, 0);
    this.#open = open;
  }

  /** @throws one line, if a column cannot be read, or an episode does not fit its spaces */
  *storedEpisodes(): Iterable<StoredEpisode> {
    const { dtypes, infos: names } = this.about;
    const file = this.#open();
    try {
      const { columns } = file;
      const typed = (name: string, dtype: Dtype) =>
        converted(`${this.path}: ${name}`, read(this.path, file, name), dtype);
      const observations = typed('observations', dtypes.observations);
      const next = columns.has('next_observations') ? typed('next_observations', dtypes.observations) : undefined;
      const actions = typed('actions', dtypes.actions);
      const rewards = columns.has('rewards') ? (typed('rewards', dtypes.rewards) as Float64Array) : undefined;
      const infos = names.map(
        (name) => [name, read(this.path, file, columns.has(name) ? name : INFOS + name)] as const,
      );
      const [width, actionWidth] = [this.observationSpace.size, this.actionSpace.size];
      for (const [i, { begin, end, steps, terminated, truncated }] of this.#ranges.entries()) {
        const last = begin + steps;
        const rows = observations.subarray(begin * width, end * width);
        // Behind an end of the task nobody looks.
        const behind = (next ?? observations).subarray((last - 1) * width, last * width);
        const told = infos.map(([name, values]) => {
          const kept = new Float64Array(steps + 1).fill(Number.NaN);
          kept.set(values.subarray(begin, Math.min(end, last + 1)));
          return [name, kept] as const;
        });
        const episode: StoredEpisode = {
          observations: end > last ? rows : joined(rows, behind),
          actions: actions.subarray(begin * actionWidth, last * actionWidth),
          rewards: rewards?.subarray(begin, last) ?? new Float32Array(steps),
          terminations: atEnd(steps, terminated),
          truncations: atEnd(steps, truncated),
          ...(names.length > 0 && { infos: Object.fromEntries(told) }),
        };
        checkEpisode(`${this.path}: episode ${i}`, episode, this);
        yield episode;
      }
    } finally {
      file.close();
    }
  }
}

function joined(first: NumberArray, behind: NumberArray): NumberArray {
  const result = new (first.constructor as Float64ArrayConstructor)(first.length + behind.length);
  result.set(first);
  result.set(behind, first.length);
  return result;
}

function infoName(name: string): string {
  return name.startsWith(INFOS) ? name.slice(INFOS.length) : name;
}

function hdf5File(file: Hdf5Reader): FlatFile {
  const columns = new Map<string, Column | undefined>();
  try {
    for (const path of file.leaves('/', () => false)) columns.set(path.join('/'), columnOf(file, path.join('/')));
  } catch (error) {
    file.close();
    throw error;
  }
  return { columns, read: (name) => file.read(columns.get(name)!), close: () => file.close() };
}

/** Texts, and numbers that are packed in other ways, are no columns unless they are needed. */
function columnOf(file: Hdf5Reader, name: string): Column | undefined {
  try {
    return file.column(name);
  } catch (error) {
    if ((READ as readonly string[]).includes(name)) throw new Error(`${name}: ${(error as Error).message}`);
    return undefined;
  }
}

function read(path: string, file: FlatFile, name: string): NumberArray {
  return within(`${path}: ${shortened(name)}`, () => file.read(name));
}

/** How many rows all columns have. @throws one line, if one that is needed is not there, or has others */
function rowsOf(path: string, columns: FlatFile['columns'], isD4rl: boolean): number {
  for (const name of ['observations', 'actions', 'terminals', ...(isD4rl ? ['rewards'] : [])]) {
    if (columns.has(name)) continue;
    const found = shortened([...columns.keys()].slice(0, 8).join(', ')) || 'none';
    throw new Error(`${path}: has no column ${name}, got ${found}`);
  }
  const { shape = [] } = columns.get('observations') ?? {};
  const [rows = 0] = shape;
  for (const name of READ) {
    if (!columns.has(name)) continue;
    const column = columns.get(name);
    const where = `${path}: ${name}`;
    if (column === undefined) {
      throw new Error(
        `${where}: holds no numbers that are read, expected float32, float64, integers or booleans, little-endian`,
      );
    }
    if (column.shape[0] !== rows) throw new Error(`${where}: has ${column.shape[0]} rows, expected ${rows}`);
    const [, ...inner] = column.shape;
    const isFlat = !name.includes('observations') && name !== 'actions';
    if (isFlat && inner.some((n) => n !== 1))
      throw new Error(`${where}: got the shape [${column.shape}], expected [${rows}]`);
    if (name === 'next_observations' && String(inner) !== String(shape.slice(1))) {
      throw new Error(`${where}: got the shape [${column.shape}], expected [${shape}]`);
    }
    if (!isFlat && inner.includes(0))
      throw new Error(`${where}: got the shape [${column.shape}], expected numbers in each row`);
  }
  return rows;
}

/** One number a row is a box of one. */
function boxOf({ shape: [, ...inner], dtype }: FlatColumn): Space {
  const shape = inner.length === 0 ? [1] : inner;
  if (dtype === 'uint8') return new Box({ low: 0, high: 255, shape, dtype });
  return new Box({ low: -Infinity, high: Infinity, shape });
}

function flagsOf(path: string, file: FlatFile, name: string): NumberArray {
  const flags = read(path, file, name);
  const wrong = flags.findIndex((flag: number) => flag !== 0 && flag !== 1);
  if (wrong >= 0) throw new Error(`${path}: ${name}: row ${wrong} has ${flags[wrong]}, expected 1 or 0`);
  return flags;
}

/** The episodes of OGBench's columns. The last row of a walk that ends with the file is known by its terminal too. */
function walkRanges(path: string, file: FlatFile, rows: number): Range[] {
  const terminals = flagsOf(path, file, 'terminals');
  if (rows > 0 && !terminals[rows - 1])
    throw new Error(`${path}: terminals: the last row has 0, expected the end of a walk`);
  const ranges: Range[] = [];
  let begin = 0;
  for (let row = 0; row < rows; row++) {
    if (!terminals[row]) continue;
    const steps = row - begin;
    if (steps > 0) ranges.push({ begin, end: row + 1, steps, terminated: false, truncated: true });
    begin = row + 1;
  }
  return ranges;
}

/** The episodes of D4RL's columns. */
function stepsRanges(path: string, file: FlatFile, rows: number): Range[] {
  const terminals = flagsOf(path, file, 'terminals');
  const timeouts = file.columns.has('timeouts') ? flagsOf(path, file, 'timeouts') : undefined;
  const hasNext = file.columns.has('next_observations');
  const breaks = timeouts === undefined && hasNext ? breaksIn(path, file, rows) : undefined;
  const ranges: Range[] = [];
  let begin = 0;
  for (let row = 0; row < rows; row++) {
    const [terminated, timeout] = [terminals[row] === 1, timeouts?.[row] === 1];
    const isEnd = terminated || timeout || breaks?.(row) || row === rows - 1;
    if (!isEnd) continue;
    const steps = row + 1 - begin - (terminated || hasNext ? 0 : 1);
    if (steps > 0) ranges.push({ begin, end: row + 1, steps, terminated, truncated: timeout || !terminated });
    begin = row + 1;
  }
  return ranges;
}

/** Whether the row after one observes something else than that step led to. */
function breaksIn(path: string, file: FlatFile, rows: number): (row: number) => boolean {
  const [observations, next] = [read(path, file, 'observations'), read(path, file, 'next_observations')];
  const width = observations.length / rows;
  return (row) => {
    for (let i = row * width; i < (row + 1) * width; i++) if (next[i] !== observations[i + width]) return true;
    return false;
  };
}
