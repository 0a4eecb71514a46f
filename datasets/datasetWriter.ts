import { isTemporary, makeFolder, removeFile, removeTemporaries, writeWholeFile } from '../src/files.ts';
import { checkArgument } from '../src/options/parse.ts';
import { checkEpisode, type EpisodeSpaces } from './checkEpisode.ts';
import { ContentHash } from './contentHash.ts';
import { converted } from './converted.ts';
import type { DatasetAbout } from './dataset.ts';
import { type DatasetIndex, hasIndex, indexPath, shardPath, writeIndex } from './datasetIndex.ts';
import { nodeModule } from './nodeModule.ts';
import { encodeShard, episodeBytes } from './shard.ts';
import { spaceFromJson } from './spaceJson.ts';
import { StoredDataset } from './storedDataset.ts';
import type { StoredEpisode } from './storedEpisode.ts';

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
      makeFolder(path);
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
    const episode = this.#converted(where, given);
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
    const sum = nodeModule('node:crypto').createHash('sha256');
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
    removeFile(shardPath(this.path, this.#shards.length));
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

  /** With columns of the types that this dataset has. @throws if a number changes by that */
  #converted(where: string, episode: StoredEpisode): StoredEpisode {
    const { dtypes, infos: names } = this.about;
    const { observations, actions, rewards, terminations, truncations, infos = {}, seed, policy } = episode;
    const none = names.find((name) => infos[name] === undefined);
    if (none !== undefined) throw new Error(`${where}: has no infos.${none}`);
    const told = (name: string) => converted(`${where}: infos.${name}`, infos[name]!, 'float64') as Float64Array;
    return {
      observations: converted(`${where}: observations`, observations, dtypes.observations),
      actions: converted(`${where}: actions`, actions, dtypes.actions),
      rewards: converted(`${where}: rewards`, rewards, dtypes.rewards) as Float64Array,
      terminations: converted(`${where}: terminations`, terminations, 'uint8') as Uint8Array,
      truncations: converted(`${where}: truncations`, truncations, 'uint8') as Uint8Array,
      ...(names.length > 0 && { infos: Object.fromEntries(names.map((name) => [name, told(name)])) }),
      ...(seed !== undefined && { seed }),
      ...(policy !== undefined && { policy }),
    };
  }
}

/** Ends a dataset that was not finished with the episodes that it has. @returns the hash of what they hold */
export function finishDataset(path: string): string {
  const { about, planned } = new StoredDataset(path);
  return new DatasetWriter(path, about, planned).finish();
}

function checkEmpty(path: string): void {
  const { existsSync, readdirSync, statSync } = nodeModule('node:fs');
  const { basename } = nodeModule('node:path');
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory()) throw new Error(`${path}: is a file, expected a new folder`);
  const index = `${basename(indexPath(path))}.`;
  // A lock lies there while a command works on it, and what a writer left that was killed as it began.
  const isOurs = (name: string) => name.startsWith('.') || (name.startsWith(index) && isTemporary(name));
  const names = readdirSync(path).filter((name) => !isOurs(name));
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
