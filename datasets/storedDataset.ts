import { z } from 'zod';
import { removeTemporaries, storedProblem, writeWholeFile } from '../src/files.ts';
import { fingerprint } from '../src/fingerprint.ts';
import { parseJson } from '../src/json.ts';
import { nodeBuiltin } from '../src/nodeBuiltin.ts';
import { show } from '../src/options/describe.ts';
import { checkArgument, parseOptions } from '../src/options/parse.ts';
import { spaceFromJson } from '../src/spaces/json.ts';
import { ContentHash, type DatasetAbout, DatasetInFiles, datasetAboutSchema, within } from './dataset.ts';
import {
  bytesPer,
  checkEpisode,
  type Dtype,
  type EpisodeSpaces,
  type NumberArray,
  type StoredEpisode,
  typedEpisode,
  viewOf,
} from './episode.ts';

/** A dataset in oxbow's own format: a folder that `DatasetWriter` has written. One shard is in memory at a time. */
export class StoredDataset extends DatasetInFiles<'oxbow'> {
  override readonly finished: boolean;
  readonly numEpisodes: number;
  readonly numSteps: number;
  /** How many episodes there were to be. */
  readonly planned: number;
  /** The SHA-256 of what the episodes hold, as `ContentHash` takes it; null if it is not finished. */
  readonly hash: string | null;
  readonly shards: DatasetIndex['shards'];

  /** @throws one line, if the folder holds no dataset, or what it says of itself is damaged */
  constructor(path: string) {
    const { about, finished, planned, hash, numEpisodes, numSteps, shards } = readIndex(path);
    super(path, 'oxbow', about);
    this.finished = finished;
    this.planned = planned;
    this.hash = hash;
    this.numEpisodes = numEpisodes;
    this.numSteps = numSteps;
    this.shards = shards;
  }

  /** @throws one line, if a file is missing, cut or damaged, or an episode in it is none */
  *storedEpisodes(): Iterable<StoredEpisode> {
    let number = 0;
    for (const [i, shard] of this.shards.entries()) {
      const path = shardPath(this.path, i);
      const episodes = decodeShard(path, readWhole(path, shard.sha256), this);
      if (episodes.length !== shard.episodes) {
        throw new Error(`${path}: has ${episodes.length} episodes, expected ${shard.episodes}`);
      }
      const steps = episodes.reduce((sum, { rewards }) => sum + rewards.length, 0);
      if (steps !== shard.steps) throw new Error(`${path}: has ${steps} steps, expected ${shard.steps}`);
      for (const episode of episodes) {
        checkEpisode(`${this.path}: episode ${number}`, episode, this);
        number += 1;
        yield episode;
      }
    }
  }
}

function readWhole(path: string, expected: string): Uint8Array {
  const { readFileSync } = nodeBuiltin('node:fs');
  const bytes = within(`${path}: cannot be read`, () => readFileSync(path));
  if (nodeBuiltin('node:crypto').createHash('sha256').update(bytes).digest('hex') !== expected) {
    throw new Error(`${path}: is damaged: its checksum does not fit`);
  }
  // Small files come from a pool of Node's, at any place in it.
  return bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
}

/** From so many bytes on episodes are written to a file: what is in memory at a time, in writing and in reading. */
const SHARD_BYTES = 2 ** 22;

/**
 * Writes a dataset in oxbow's own format, episode by episode. What it has written is whole at any time: a file of episodes, and after it
 * `dataset.json`, take their names at once. A writer that was killed leaves a dataset that says that it is not finished; another one with
 * the same settings goes on after its last episode.
 *
 * One writer at a time may work on a folder.
 */
export class DatasetWriter implements EpisodeSpaces {
  readonly path: string;
  readonly about: DatasetAbout;
  readonly observationSpace: EpisodeSpaces['observationSpace'];
  readonly actionSpace: EpisodeSpaces['actionSpace'];
  readonly #planned: number;
  readonly #shards: DatasetIndex['shards'] = [];
  readonly #hash = new ContentHash();
  #waiting: StoredEpisode[] = [];
  #waitingBytes = 0;
  #numEpisodes = 0;
  #numSteps = 0;

  /**
   * @param planned how many episodes there are to be
   * @throws one line, if the folder holds a finished dataset, one that was begun with other settings, or other files
   */
  constructor(path: string, about: DatasetAbout, planned: number) {
    checkArgument('DatasetWriter', 'path', path, String);
    checkArgument('DatasetWriter', 'about', about, Object);
    this.path = path;
    this.about = about;
    this.observationSpace = spaceFromJson(about.observationSpace);
    this.actionSpace = spaceFromJson(about.actionSpace);
    this.#planned = planned;
    if (hasIndex(path)) this.#goOn();
    else {
      checkEmpty(path);
      nodeBuiltin('node:fs').mkdirSync(path, { recursive: true });
      this.#writeIndex(false);
    }
    // Of a writer that was killed while it wrote a file.
    removeTemporaries(path);
  }

  /** Those that wait to be written included. */
  get numEpisodes(): number {
    return this.#numEpisodes;
  }

  get numSteps(): number {
    return this.#numSteps;
  }

  /**
   * Keeps the arrays as they are until the episode is in a file: they must not be written to.
   * @throws one line, if it does not fit the spaces, or has a number that is not finite; it is left out then
   */
  append(given: StoredEpisode): void {
    const where = `${this.path}: episode ${this.#numEpisodes}`;
    checkEpisode(where, given, this);
    const episode = typedEpisode(where, this.about, given);
    this.#hash.add(episode);
    this.#numEpisodes += 1;
    this.#numSteps += episode.rewards.length;
    this.#waiting.push(episode);
    this.#waitingBytes += episodeBytes(episode.rewards.length, this);
    if (this.#waitingBytes >= SHARD_BYTES) this.flush();
  }

  /** Writes the episodes that wait. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const sum = nodeBuiltin('node:crypto').createHash('sha256');
    const parts = [...encodeShard(this.#waiting, this)];
    for (const part of parts) sum.update(part);
    writeWholeFile(shardPath(this.path, this.#shards.length), parts);
    const steps = this.#waiting.reduce((total, { rewards }) => total + rewards.length, 0);
    this.#shards.push({ episodes: this.#waiting.length, steps, sha256: sum.digest('hex') });
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#writeIndex(false);
  }

  /** Writes what waits, and that all is there. @returns the hash of what the episodes hold. @throws if there is no episode */
  finish(): string {
    this.flush();
    if (this.#numEpisodes === 0) throw new Error(`${this.path}: has no episode, expected at least one`);
    // A writer that was killed may have left the file after the last one.
    nodeBuiltin('node:fs').rmSync(shardPath(this.path, this.#shards.length), { force: true });
    const hash = this.#hash.digest();
    this.#writeIndex(true, hash);
    return hash;
  }

  #writeIndex(finished: boolean, hash: string | null = null): void {
    const numEpisodes = this.#shards.reduce((sum, { episodes }) => sum + episodes, 0);
    const numSteps = this.#shards.reduce((sum, { steps }) => sum + steps, 0);
    const planned = this.#planned;
    writeIndex(this.path, { about: this.about, finished, planned, numEpisodes, numSteps, hash, shards: this.#shards });
  }

  #goOn(): void {
    const begun = new StoredDataset(this.path);
    if (begun.finished) throw new Error(`${this.path}: holds a finished dataset, expected a new folder`);
    const differs = firstDifference(
      { ...begun.about, planned: begun.planned },
      { ...this.about, planned: this.#planned },
    );
    if (differs !== undefined) {
      throw new Error(`${this.path}: was begun with other settings (${differs}), expected the same or a new folder`);
    }
    for (const episode of begun.storedEpisodes()) {
      this.#hash.add(episode);
      this.#numEpisodes += 1;
      this.#numSteps += episode.rewards.length;
    }
    this.#shards.push(...begun.shards);
  }
}

/** Ends a dataset that was not finished with the episodes that it has. @returns the hash of what they hold */
export function finishDataset(path: string): string {
  const { about, planned } = new StoredDataset(path);
  return new DatasetWriter(path, about, planned).finish();
}

function checkEmpty(path: string): void {
  const { existsSync, readdirSync, statSync } = nodeBuiltin('node:fs');
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory()) throw new Error(`${path}: is a file, expected a new folder`);
  // A lock lies there while a command works on it, and what a writer left that was killed as it began.
  const names = readdirSync(path).filter((name) => !name.startsWith('.'));
  if (names.length > 0) throw new Error(`${path}: holds other files (${names[0]}), expected a new folder`);
}

/** Where two JSON values differ first, in words; undefined where they do not. */
function firstDifference(one: unknown, other: unknown, path = ''): string | undefined {
  if (typeof one === 'object' && typeof other === 'object' && one !== null && other !== null) {
    const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
    for (const key of keys) {
      const [a, b] = [one, other].map((value) => (value as Record<string, unknown>)[key]);
      const difference = firstDifference(a, b, path === '' ? key : `${path}.${key}`);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  return Object.is(one, other) ? undefined : `${path}: ${JSON.stringify(one)} there, ${JSON.stringify(other)} here`;
}

const FORMAT = 'oxbow-dataset';
const VERSION = 1;
const FILE = 'dataset.json';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const indexSchema = z.strictObject({
  about: datasetAboutSchema,
  /** Whether all episodes are there. */
  finished: z.boolean(),
  /** How many episodes there are to be. */
  planned: z.int().positive(),
  numEpisodes: z.int().nonnegative(),
  numSteps: z.int().nonnegative(),
  /** Of `ContentHash`; null while it is not finished. */
  hash: sha256.nullable(),
  shards: z.array(z.strictObject({ episodes: z.int().positive(), steps: z.int().positive(), sha256 })),
});

/** What `dataset.json` says: the dataset, and how far it is. */
type DatasetIndex = z.output<typeof indexSchema>;

/** The file of a dataset's folder that says what is in it. */
function indexPath(folder: string): string {
  return nodeBuiltin('node:path').join(folder, FILE);
}

/** Where the shard of that number lies. No path is ever read from a file. */
function shardPath(folder: string, number: number): string {
  return nodeBuiltin('node:path').join(folder, `episodes-${String(number).padStart(6, '0')}.bin`);
}

/** Whether a folder holds a dataset in oxbow's own format, finished or not. */
export function hasIndex(folder: string): boolean {
  return nodeBuiltin('node:fs').existsSync(indexPath(folder));
}

function writeIndex(folder: string, index: DatasetIndex): void {
  const json = { format: FORMAT, version: VERSION, sha256: fingerprint(index), ...index };
  writeWholeFile(indexPath(folder), `${JSON.stringify(json, null, 2)}\n`);
}

/** @throws one line, if there is none, or it is damaged, of another version, or none of oxbow's; or if the folder holds links or pipes */
function readIndex(folder: string): DatasetIndex {
  const path = indexPath(folder);
  // The folder itself may be a link: whoever reads it has named it.
  const problem = storedProblem(`${folder}/.`);
  if (problem !== undefined) throw new Error(problem);
  const json = within(`${path}: cannot be read`, () => parseJson(nodeBuiltin('node:fs').readFileSync(path, 'utf8')));
  const { format, version, sha256: expected, ...content } = (json ?? {}) as Record<string, unknown>;
  if (format !== FORMAT) throw new Error(`${path}: is no dataset: it lacks "format": "${FORMAT}"`);
  if (version !== VERSION) {
    throw new Error(`${path}: has version ${show(version)} of the format, this oxbow reads version ${VERSION}`);
  }
  if (fingerprint(content) !== expected) {
    throw new Error(`${path}: is damaged or was edited: its checksum does not fit`);
  }
  const index = parseOptions(path, indexSchema, content);
  const sum = (of: 'episodes' | 'steps') => index.shards.reduce((total, shard) => total + shard[of], 0);
  if (sum('episodes') !== index.numEpisodes || sum('steps') !== index.numSteps) {
    throw new Error(`${path}: its counts do not fit its shards`);
  }
  return index;
}

/** What a file of episodes begins with, and the bytes of the number behind it: how many bytes its header has. */
const MAGIC = 'oxbow-episodes-1';
const COUNT = 4;
/** Columns begin at multiples of so many bytes. */
const ALIGNMENT = 8;

const headerSchema = z.strictObject({
  steps: z.array(z.int().positive()).min(1),
  seeds: z.array(z.number().nullable()).optional(),
  policies: z.array(z.int().nonnegative().nullable()).optional(),
});
type Header = z.output<typeof headerSchema>;

/** One column of all episodes of a shard. */
interface Column {
  readonly name: string;
  readonly dtype: Dtype;
  readonly width: number;
  /** Rows of an episode beyond its steps. */
  readonly more: 0 | 1;
}

/** What the columns of a shard follow from. */
interface ShardLayout extends EpisodeSpaces {
  readonly about: Pick<DatasetAbout, 'dtypes' | 'infos'>;
}

function columnsOf({ about: { dtypes, infos }, observationSpace, actionSpace }: ShardLayout): Column[] {
  return [
    { name: 'observations', dtype: dtypes.observations, width: observationSpace.size, more: 1 },
    { name: 'actions', dtype: dtypes.actions, width: actionSpace.size, more: 0 },
    { name: 'rewards', dtype: dtypes.rewards, width: 1, more: 0 },
    { name: 'terminations', dtype: 'uint8', width: 1, more: 0 },
    { name: 'truncations', dtype: 'uint8', width: 1, more: 0 },
    ...infos.map((name): Column => ({ name: `infos.${name}`, dtype: 'float64', width: 1, more: 1 })),
  ];
}

/** How many bytes the numbers of an episode take. */
function episodeBytes(steps: number, layout: ShardLayout): number {
  return columnsOf(layout).reduce((sum, { dtype, width, more }) => sum + (steps + more) * width * bytesPer(dtype), 0);
}

/** The bytes of a file that holds some episodes: a header in JSON, then column after column, each of all episodes. */
function* encodeShard(episodes: readonly StoredEpisode[], layout: ShardLayout): Generator<Uint8Array> {
  const header: Header = {
    steps: episodes.map(({ rewards }) => rewards.length),
    ...(episodes.some(({ seed }) => seed !== undefined) && { seeds: episodes.map(({ seed }) => seed ?? null) }),
    ...(episodes.some(({ policy }) => policy !== undefined) && {
      policies: episodes.map(({ policy }) => policy ?? null),
    }),
  };
  const text = JSON.stringify(header);
  const begin = MAGIC.length + COUNT + text.length;
  const padded = new TextEncoder().encode(text.padEnd(text.length + padding(begin)));
  yield new TextEncoder().encode(MAGIC);
  const count = new Uint8Array(COUNT);
  new DataView(count.buffer).setUint32(0, padded.length, true);
  yield count;
  yield padded;
  for (const { name, dtype } of columnsOf(layout)) {
    let length = 0;
    for (const episode of episodes) {
      const { buffer, byteOffset, byteLength } = columnIn(episode, name);
      yield new Uint8Array(buffer, byteOffset, byteLength);
      length += byteLength;
    }
    if (bytesPer(dtype) < ALIGNMENT) yield new Uint8Array(padding(length));
  }
}

/**
 * The episodes of a file, as views of its bytes.
 * @param where begins the errors: the file
 * @throws one line, if it is none, is cut, or has other columns
 */
function decodeShard(where: string, bytes: Uint8Array, layout: ShardLayout): StoredEpisode[] {
  const { header, begin } = headerOf(where, bytes);
  const columns = columnsOf(layout);
  const steps = header.steps.reduce((sum, n) => sum + n, 0);
  const sizes = columns.map(({ dtype, width, more }) => {
    const size = (steps + more * header.steps.length) * width * bytesPer(dtype);
    return size + padding(size);
  });
  const expected = sizes.reduce((sum, size) => sum + size, begin);
  if (bytes.length !== expected) throw new Error(`${where}: has ${bytes.length} bytes, expected ${expected}`);
  const at = columns.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, begin));
  return header.steps.map((length, episode) => {
    const values = columns.map(({ name, dtype, width, more }, i) => {
      const view = viewOf(dtype, bytes, at[i]!, (length + more) * width);
      at[i]! += view.byteLength;
      return [name, view] as const;
    });
    const infos = values.flatMap(([name, view]) => (name.startsWith('infos.') ? [[name.slice(6), view] as const] : []));
    return {
      ...(Object.fromEntries(values.filter(([name]) => !name.startsWith('infos.'))) as unknown as StoredEpisode),
      ...(infos.length > 0 && { infos: Object.fromEntries(infos) as Record<string, Float64Array> }),
      ...(header.seeds?.[episode] != null && { seed: header.seeds[episode] }),
      ...(header.policies?.[episode] != null && { policy: header.policies[episode] }),
    };
  });
}

function headerOf(where: string, bytes: Uint8Array): { header: Header; begin: number } {
  const text = (from: number, to: number) => new TextDecoder().decode(bytes.subarray(from, to));
  if (text(0, MAGIC.length) !== MAGIC)
    throw new Error(`${where}: is no file of episodes, expected ${MAGIC} at its begin`);
  const from = MAGIC.length + COUNT;
  const count = from <= bytes.length ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length, true) : 0;
  const begin = from + count;
  if (count === 0 || begin > bytes.length) throw new Error(`${where}: is cut in its header`);
  const { data: header } = headerSchema.safeParse(
    within(`${where}: its header is damaged`, () => parseJson(text(from, begin))),
  );
  const lists = [header?.seeds, header?.policies];
  if (header === undefined || lists.some((list) => list !== undefined && list.length !== header.steps.length)) {
    throw new Error(`${where}: its header is damaged`);
  }
  return { header, begin };
}

function columnIn(episode: StoredEpisode, name: string): NumberArray {
  return name.startsWith('infos.')
    ? episode.infos![name.slice(6)]!
    : (episode[name as 'observations' | 'terminations'] as NumberArray);
}

/** How many bytes are missing to the next column. */
function padding(bytes: number): number {
  return (ALIGNMENT - (bytes % ALIGNMENT)) % ALIGNMENT;
}
