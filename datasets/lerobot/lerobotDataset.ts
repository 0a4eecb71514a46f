import { Box, Discrete } from '../../envs/index.ts';
import { nodeBuiltin } from '../../src/nodeBuiltin.ts';
import { type SpaceJson, spaceToJson } from '../../src/spaces/json.ts';
import { type DatasetAbout, DatasetInFiles } from '../dataset.ts';
import {
  arrayOf,
  atEnd,
  checkEpisode,
  converted,
  type Dtype,
  dtypeOf,
  type NumberArray,
  type StoredEpisode,
} from '../episode.ts';
import { dtypeOfParts, leadsToFile } from '../minari/metadata.ts';
import {
  DONE,
  INFO_PREFIX,
  type LerobotInfo,
  PLACES,
  REWARD,
  readInfo,
  SUCCESS,
  TASKS,
  TERMINATED,
  TRUNCATED,
  VERSION,
} from './info.ts';
import { Budget, loadParquet, type Parquet, ParquetFile } from './parquet.ts';

const ACTION = 'action';
const OBSERVATION = /^observation(\.|$)/;
const ENDS = [DONE, TERMINATED, TRUNCATED, SUCCESS] as const;

/** Rows `begin` to `end`, the last one not among them. */
interface Range {
  /** Its place among LeRobot's episodes. */
  readonly number: number;
  readonly begin: number;
  /** Where there is one row fewer than observations, the last one stands in for what is behind the end of the task. */
  readonly end: number;
  readonly steps: number;
  readonly terminated: boolean;
  readonly truncated: boolean;
}

/** The columns of all rows. */
type Columns = ReadonlyMap<string, NumberArray>;

/**
 * A dataset in LeRobot's format v3: rows of what was observed and done, in files of Parquet's, with `meta/info.json` beside them
 * ([Cadene et al. 2024](https://github.com/huggingface/lerobot)). Its numbers are in memory as a whole.
 *
 * A row has an observation and the action that was taken from it, so that nothing says where the last action of an episode leads to. An episode ends at its
 * first row with `next.done`, or at its last one. What the row after that observes is its last observation. Where there is none, the last step is left out,
 * and its observation is the last one, unless it ends the task: then its observation is repeated, since nobody looks behind such an end.
 *
 * `next.terminated` says whether the task ended; else `next.success` does; else `next.done` where `next.truncated` does not. Several columns
 * `observation.…` are the parts of a Dict. Images, videos and texts are not read: `about.provenance.left` names them.
 */
export class LerobotDataset extends DatasetInFiles<'lerobot'> {
  readonly numEpisodes: number;
  readonly numSteps: number;
  readonly #info: LerobotInfo;
  readonly #columns: Columns;
  readonly #ranges: readonly Range[];

  /** @throws one line, if hyparquet is not installed, or a file is missing, damaged or of another version */
  static async open(path: string): Promise<LerobotDataset> {
    const info = readInfo(path);
    const parquet = await loadParquet();
    const columns = await readColumns(parquet, path, info);
    return new LerobotDataset(path, info, columns, await tasksIn(parquet, path));
  }

  private constructor(path: string, info: LerobotInfo, columns: Columns, tasks: readonly string[]) {
    const about = info.oxbow?.about ?? aboutOf(info, columns, tasks);
    const left = Object.keys(info.features).filter((name) => !columns.has(name) && !Object.hasOwn(PLACES, name));
    const provenance = { ...about.provenance, ...(left.length > 0 && { left: left.sort() }) };
    super(path, 'lerobot', { ...about, provenance });
    const rows = info.total_frames;
    for (const [what, names, { size }] of [
      ['observation', observationsIn(columns), this.observationSpace],
      ['action', [ACTION], this.actionSpace],
    ] as const) {
      const width = names.reduce((sum, name) => sum + columns.get(name)!.length / rows, 0);
      if (width !== size) throw new Error(`${path}: has ${width} numbers an ${what}, expected ${size}`);
    }
    const none = about.infos.find((name) => !columns.has(infoColumn(columns, name)));
    if (none !== undefined) throw new Error(`${path}: has no column ${INFO_PREFIX}${none}`);
    this.#info = info;
    this.#columns = columns;
    this.#ranges = rangesOf(path, info, columns);
    if (this.#ranges.length === 0) throw new Error(`${path}: has no episode, expected at least one with a step`);
    this.numEpisodes = this.#ranges.length;
    this.numSteps = this.#ranges.reduce((sum, { steps }) => sum + steps, 0);
  }

  /** @throws one line, if an episode does not fit its spaces */
  *storedEpisodes(): Iterable<StoredEpisode> {
    const { dtypes, infos: names } = this.about;
    const columns = this.#columns;
    const typed = (name: string, values: NumberArray, dtype: Dtype) =>
      converted(`${this.path}: ${name}`, values, dtype);
    const observations = typed('observation', this.#rowsOfObservations(), dtypes.observations);
    const actions = typed(ACTION, columns.get(ACTION)!, dtypes.actions);
    const given = columns.get(REWARD);
    const rewards = given && (typed(REWARD, given, dtypes.rewards) as Float64Array);
    const infos = names.map((name) => [name, columns.get(infoColumn(columns, name))!] as const);
    const { seeds, policies } = this.#info.oxbow ?? {};
    const [width, actionWidth] = [this.observationSpace.size, this.actionSpace.size];
    for (const [i, { number, begin, end, steps, terminated, truncated }] of this.#ranges.entries()) {
      const last = begin + steps;
      const rows = arrayOf(dtypes.observations, (steps + 1) * width);
      rows.set(observations.subarray(begin * width, end * width));
      if (end === last) rows.copyWithin(steps * width, (steps - 1) * width);
      const told = infos.map(([name, values]) => {
        const kept = new Float64Array(steps + 1).fill(Number.NaN);
        kept.set(values.subarray(begin, end));
        return [name, kept] as const;
      });
      const episode: StoredEpisode = {
        observations: rows,
        actions: actions.subarray(begin * actionWidth, last * actionWidth),
        rewards: rewards?.subarray(begin, last) ?? new Float32Array(steps),
        terminations: atEnd(steps, terminated),
        truncations: atEnd(steps, truncated),
        ...(names.length > 0 && { infos: Object.fromEntries(told) }),
        ...(seeds?.[number] != null && { seed: seeds[number] }),
        ...(policies?.[number] != null && { policy: policies[number] }),
      };
      checkEpisode(`${this.path}: episode ${i}`, episode, this);
      yield episode;
    }
  }

  /** Part after part in a row. */
  #rowsOfObservations(): NumberArray {
    const parts = observationsIn(this.#columns).map((name) => this.#columns.get(name)!);
    if (parts.length === 1) return parts[0]!;
    const rows = this.#info.total_frames;
    const width = this.observationSpace.size;
    const result = new Float64Array(rows * width);
    let offset = 0;
    for (const part of parts) {
      const size = part.length / rows;
      for (let i = 0; i < part.length; i++) result[Math.floor(i / size) * width + offset + (i % size)] = part[i]!;
      offset += size;
    }
    return result;
  }
}

/** The columns of observations, in the order in which an object has their names as its keys. */
function observationsIn(columns: Columns): string[] {
  const names = [...columns.keys()].filter((name) => OBSERVATION.test(name)).sort();
  return Object.values(Object.fromEntries(names.map((name) => [name.replace(OBSERVATION, ''), name])));
}

/** The column of an info: LeRobot's own have names without a beginning. */
function infoColumn(columns: Columns, name: string): string {
  return columns.has(INFO_PREFIX + name) ? INFO_PREFIX + name : name;
}

/** The files that hold the rows, in their order. */
function dataFiles(path: string): string[] {
  const { join } = nodeBuiltin('node:path');
  const { readdirSync } = nodeBuiltin('node:fs');
  const named = (folder: string, name: RegExp) => {
    try {
      return readdirSync(folder)
        .filter((found) => name.test(found))
        .sort()
        .map((found) => join(folder, found));
    } catch {
      return [];
    }
  };
  const files = named(join(path, 'data'), /^chunk-\d+$/).flatMap((chunk) => named(chunk, /^file-\d+\.parquet$/));
  if (files.length === 0) throw new Error(`${path}: has no file data/chunk-000/file-000.parquet`);
  const other = files.find((file) => !leadsToFile(file));
  if (other !== undefined) throw new Error(`${other}: is no file`);
  return files;
}

/** Reads the columns of numbers that are needed, of all files. */
async function readColumns(parquet: Parquet, path: string, { features, total_frames }: LerobotInfo): Promise<Columns> {
  const paths = dataFiles(path);
  const budget = new Budget(paths);
  const files = paths.map((file) => new ParquetFile(parquet, file, budget));
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  if (rows !== total_frames)
    throw new Error(`${path}: has ${rows} rows in its files, expected total_frames ${total_frames}`);
  const widthOf = (name: string) => features[name]?.shape.reduce((product, n) => product * n, 1) ?? 1;
  const isRead = (name: string) => {
    const isNumbers = files.every((file) => file.dtype(name) !== undefined) && widthOf(name) > 0;
    const isNeeded = name === ACTION || OBSERVATION.test(name) || name === REWARD;
    const isImage = features[name]?.dtype === 'image' || features[name]?.dtype === 'video';
    return isNumbers && !isImage && (isNeeded || widthOf(name) === 1);
  };
  const places = ['episode_index', 'frame_index', 'task_index'];
  const names = [...new Set([...Object.keys(features), ...places.slice(0, 2)])];
  const wanted = names.filter((name) => (Object.hasOwn(PLACES, name) ? places.includes(name) : isRead(name)));
  for (const name of [ACTION, ...places.slice(0, 2)]) {
    if (!wanted.includes(name)) throw new Error(`${path}: has no column ${name} of numbers`);
  }
  if (!wanted.some((name) => OBSERVATION.test(name))) {
    throw new Error(`${path}: has no column observation.… of numbers, expected one: images and videos are not read`);
  }
  const columns = new Map<string, NumberArray>();
  for (const name of wanted) {
    const parts: NumberArray[] = [];
    for (const file of files) parts.push(await file.numbers(name, widthOf(name)));
    columns.set(name, joined(parts));
  }
  return columns;
}

function joined(parts: readonly NumberArray[]): NumberArray {
  const [first] = parts as [NumberArray];
  if (parts.length === 1) return first;
  const types = new Set(parts.map(dtypeOf));
  const result = arrayOf(
    types.size === 1 ? dtypeOf(first) : 'float64',
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** What the tasks are called; none where there is no file that says it. */
async function tasksIn(parquet: Parquet, path: string): Promise<string[]> {
  const file = nodeBuiltin('node:path').join(path, TASKS);
  if (!leadsToFile(file)) return [];
  const tasks = new ParquetFile(parquet, file, new Budget([file]));
  const [name] = tasks.texts;
  return name === undefined ? [] : tasks.text(name);
}

/** What can be said of a dataset that says no spaces itself. */
function aboutOf({ features, fps, robot_type }: LerobotInfo, columns: Columns, tasks: readonly string[]): DatasetAbout {
  const boxOf = (name: string) => {
    const { shape } = features[name]!;
    const isBytes = dtypeOf(columns.get(name)!) === 'uint8';
    return isBytes
      ? new Box({ low: 0, high: 255, shape, dtype: 'uint8' })
      : new Box({
          low: -Infinity,
          high: Infinity,
          shape,
          dtype: dtypeOf(columns.get(name)!) === 'float32' ? 'float32' : 'float64',
        });
  };
  const observations = observationsIn(columns);
  const parts = observations.map((name) => [name.replace(OBSERVATION, ''), boxOf(name)] as const);
  const actions = columns.get(ACTION)!;
  const isChoice = /^u?int\d+$/.test(features[ACTION]!.dtype) && actions.length === columns.get('frame_index')!.length;
  const rewards = columns.get(REWARD);
  const isInfo = (name: string) =>
    ![ACTION, REWARD, ...ENDS, 'episode_index', 'frame_index'].includes(name) && !OBSERVATION.test(name);
  // Where there is one task, it is the same in all rows.
  const infos = [...columns.keys()].filter((name) => isInfo(name) && (name !== 'task_index' || tasks.length > 1));
  const observationSpace: SpaceJson =
    parts.length === 1
      ? spaceToJson(parts[0]![1])
      : { type: 'Dict', subspaces: Object.fromEntries(parts.map(([name, box]) => [name, spaceToJson(box)])) };
  return {
    environment: null,
    observationSpace,
    actionSpace: spaceToJson(isChoice ? choices(actions) : boxOf(ACTION)),
    dtypes: {
      observations:
        parts.length === 1
          ? dtypeOf(columns.get(observations[0]!)!)
          : dtypeOfParts(parts.map(([name, space]) => ({ path: [name], space, offset: 0 }))),
      actions: isChoice ? 'int32' : dtypeOf(actions),
      rewards: rewards === undefined || dtypeOf(rewards) === 'float32' ? 'float32' : 'float64',
    },
    infos: infos.map((name) => (name.startsWith(INFO_PREFIX) ? name.slice(INFO_PREFIX.length) : name)).sort(),
    policies: [],
    provenance: {
      lerobot: { codebase_version: VERSION, fps, ...(robot_type != null && { robot_type }), tasks: [...tasks] },
    },
  };
}

/** Choices as far as they were made: their number is said nowhere. */
function choices(actions: NumberArray): Discrete {
  let [lowest, highest] = [0, 0];
  for (const action of actions) {
    lowest = Math.min(lowest, action);
    highest = Math.max(highest, action);
  }
  return new Discrete(highest - lowest + 1, lowest);
}

/** The episodes of the rows. @throws one line, if they are not whole or not in order */
function rangesOf(path: string, { total_episodes }: LerobotInfo, columns: Columns): Range[] {
  const episodes = columns.get('episode_index')!;
  const frames = columns.get('frame_index')!;
  const ends = Object.fromEntries(ENDS.map((name) => [name, flagsIn(path, columns, name)]));
  const { [DONE]: done, [TERMINATED]: terminations, [TRUNCATED]: truncations, [SUCCESS]: successes } = ends;
  const isTermination = (row: number) => {
    const said = terminations ?? successes;
    return said === undefined ? done?.[row] === 1 && truncations?.[row] !== 1 : said[row] === 1;
  };
  const ranges: Range[] = [];
  let number = 0;
  for (let begin = 0; begin < episodes.length; number++) {
    let end = begin;
    for (; end < episodes.length && episodes[end] === episodes[begin]; end++) {
      if (frames[end] === end - begin) continue;
      throw new Error(`${path}: frame_index: row ${end} has ${frames[end]}, expected ${end - begin}`);
    }
    if (episodes[begin] !== number) {
      throw new Error(`${path}: episode_index: row ${begin} has ${episodes[begin]}, expected ${number}`);
    }
    // Of the step that ends it: the first row that says so, or its last one.
    let row = begin;
    while (row < end - 1 && done?.[row] !== 1) row += 1;
    const terminated = isTermination(row);
    const hasNext = row + 1 < end;
    const steps = row - begin + Number(hasNext || terminated);
    const truncated = !terminated || truncations?.[row] === 1;
    if (steps > 0) ranges.push({ number, begin, end: Math.min(end, row + 2), steps, terminated, truncated });
    begin = end;
  }
  if (number !== total_episodes)
    throw new Error(`${path}: has ${number} episodes, expected total_episodes ${total_episodes}`);
  return ranges;
}

function flagsIn(path: string, columns: Columns, name: string): NumberArray | undefined {
  const flags = columns.get(name);
  const wrong = flags?.findIndex((flag: number) => flag !== 0 && flag !== 1) ?? -1;
  if (wrong >= 0) throw new Error(`${path}: ${name}: row ${wrong} has ${flags![wrong]}, expected 1 or 0`);
  return flags;
}
