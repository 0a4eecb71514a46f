import type { Hash } from 'node:crypto';
import { z } from 'zod';
import { nodeBuiltin } from '../src/nodeBuiltin.ts';
import { checkArgument } from '../src/options/parse.ts';
import { spaceJsonSchema, spacesFromJson } from '../src/spaces/json.ts';
import {
  type ColumnDtypes,
  dtypes,
  type Episode,
  type EpisodeSource,
  episodesOf,
  type StoredEpisode,
} from './episode.ts';

const jsonObject = z.record(z.string(), z.json());

export const datasetAboutSchema = z.strictObject({
  environment: z
    .strictObject({ id: z.string(), options: jsonObject })
    .nullable()
    .describe('where the episodes were played, if that is known: `make(id, options)` makes it again'),
  observationSpace: spaceJsonSchema.describe('as one environment has it'),
  actionSpace: spaceJsonSchema.describe('as one environment has it'),
  dtypes: z
    .strictObject({
      observations: z.enum(dtypes),
      actions: z.enum(dtypes),
      rewards: z.enum(['float32', 'float64']),
    } satisfies Record<keyof ColumnDtypes, unknown>)
    .describe('the types of the numbers as they are stored'),
  infos: z.array(z.string()).describe('the names of the infos that are kept, sorted'),
  policies: z.array(jsonObject).describe('who acted: the name of each policy, and the checksum of its file'),
  provenance: jsonObject.describe('how it came to be: the command, the seed, the version of oxbow'),
});

/** What a dataset says of itself, in JSON. */
export type DatasetAbout = z.output<typeof datasetAboutSchema>;

/** Episodes in files: an {@link EpisodeSource} that reads them one after another, of which a few are in memory at a time. */
export interface Dataset extends EpisodeSource {
  /** Where it lies. */
  readonly path: string;
  /** Which format it is in: `oxbow`, `minari`, `lerobot`, `jsonl`, `csv`; `d4rl` and `ogbench`, which are read alone. */
  readonly format: string;
  readonly about: DatasetAbout;
  /** False where the command that makes it was stopped. */
  readonly finished: boolean;
  /** The SHA-256 of its episodes, as the dataset says it itself; oxbow's format alone does, where it is finished. */
  readonly hash?: string | null;
  /** The same as `episodes()`, of numbers as they are stored. */
  storedEpisodes(): Iterable<StoredEpisode>;
}

/** A {@link Dataset} of which a format says how its episodes are read. */
export abstract class DatasetInFiles<Format extends string> implements Dataset {
  readonly path: string;
  readonly format: Format;
  readonly about: DatasetAbout;
  readonly observationSpace: Dataset['observationSpace'];
  readonly actionSpace: Dataset['actionSpace'];
  readonly finished: boolean = true;
  abstract readonly numEpisodes: number;
  abstract readonly numSteps: number;

  /** @param where the spaces are said, as errors name it */
  protected constructor(path: string, format: Format, about: DatasetAbout, where = path) {
    this.path = path;
    this.format = format;
    this.about = about;
    const { observationSpace, actionSpace } = spacesFromJson(where, about);
    this.observationSpace = observationSpace;
    this.actionSpace = actionSpace;
  }

  episodes(): Iterable<Episode> {
    return episodesOf(this.path, this.storedEpisodes());
  }

  abstract storedEpisodes(): Iterable<StoredEpisode>;
}

/** What a body returns; what it throws gets before it where that was. */
export function within<T>(where: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`);
  }
}

/**
 * The SHA-256 of what episodes hold: of each one in turn the number of its steps, then its observations, actions, rewards, terminations,
 * truncations and infos by their sorted names, as little-endian numbers of the types that they are stored in. It depends neither on the
 * format nor on what a dataset says of itself.
 */
export class ContentHash {
  /** That of these episodes, in hexadecimal digits. */
  static of(episodes: Iterable<StoredEpisode>): string {
    const hash = new ContentHash();
    for (const episode of episodes) hash.add(episode);
    return hash.digest();
  }

  readonly #hash: Hash = nodeBuiltin('node:crypto').createHash('sha256');

  add(episode: StoredEpisode): void {
    checkArgument('ContentHash.add', 'episode', episode, Object);
    const { observations, actions, rewards, terminations, truncations, infos = {} } = episode;
    this.#hash.update(Uint32Array.of(rewards.length));
    const named = Object.keys(infos).sort();
    for (const values of [
      observations,
      actions,
      rewards,
      terminations,
      truncations,
      ...named.map((name) => infos[name]!),
    ]) {
      this.#hash.update(values);
    }
  }

  /** In hexadecimal digits; ends it. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}
