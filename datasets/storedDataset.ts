import { checkEpisode } from './checkEpisode.ts';
import type { Dataset, DatasetAbout } from './dataset.ts';
import { type DatasetIndex, readIndex, shardPath } from './datasetIndex.ts';
import type { Episode } from './episode.ts';
import { nodeModule } from './nodeModule.ts';
import { decodeShard } from './shard.ts';
import { spacesFromJson } from './spaceJson.ts';
import { episodesOf, type StoredEpisode } from './storedEpisode.ts';

/** A dataset in oxbow's own format: a folder that `DatasetWriter` has written. One shard is in memory at a time. */
export class StoredDataset implements Dataset {
  readonly path: string;
  readonly format = 'oxbow';
  readonly about: DatasetAbout;
  readonly finished: boolean;
  readonly numEpisodes: number;
  readonly numSteps: number;
  /** How many episodes there were to be. */
  readonly planned: number;
  /** The SHA-256 of what the episodes hold, as `ContentHash` takes it; null if it is not finished. */
  readonly hash: string | null;
  readonly observationSpace: Dataset['observationSpace'];
  readonly actionSpace: Dataset['actionSpace'];
  readonly shards: DatasetIndex['shards'];

  /** @throws one line, if the folder holds no dataset, or what it says of itself is damaged */
  constructor(path: string) {
    const { about, finished, planned, hash, numEpisodes, numSteps, shards } = readIndex(path);
    this.path = path;
    this.about = about;
    this.finished = finished;
    this.planned = planned;
    this.hash = hash;
    this.numEpisodes = numEpisodes;
    this.numSteps = numSteps;
    this.shards = shards;
    const { observationSpace, actionSpace } = spacesFromJson(path, about);
    this.observationSpace = observationSpace;
    this.actionSpace = actionSpace;
  }

  episodes(): Iterable<Episode> {
    return episodesOf(this.path, this.storedEpisodes());
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
  const { readFileSync } = nodeModule('node:fs');
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new Error(`${path}: cannot be read: ${(error as Error).message}`);
  }
  if (nodeModule('node:crypto').createHash('sha256').update(bytes).digest('hex') !== expected) {
    throw new Error(`${path}: is damaged: its checksum does not fit`);
  }
  // Small files come from a pool of Node's, at any place in it.
  return bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
}
