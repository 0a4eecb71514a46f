import { z } from 'zod';
import type { EpisodeSource } from './episode.ts';
import { spaceJsonSchema } from './spaceJson.ts';
import { type ColumnDtypes, dtypes, type StoredEpisode } from './storedEpisode.ts';

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
  /** Which format it is in: `oxbow`, `minari`, `jsonl`, `csv`. */
  readonly format: string;
  readonly about: DatasetAbout;
  /** False where the command that makes it was stopped. */
  readonly finished: boolean;
  /** The SHA-256 of its episodes, as the dataset says it itself; oxbow's format alone does, where it is finished. */
  readonly hash?: string | null;
  /** The same as `episodes()`, of numbers as they are stored. */
  storedEpisodes(): Iterable<StoredEpisode>;
}
