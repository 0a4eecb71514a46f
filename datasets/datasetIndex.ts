import { z } from 'zod';
import { storedProblem, writeWholeFile } from '../src/files.ts';
import { fingerprint } from '../src/fingerprint.ts';
import { parseJson } from '../src/json.ts';
import { show } from '../src/options/describe.ts';
import { parseOptions } from '../src/options/parse.ts';
import { datasetAboutSchema } from './dataset.ts';
import { nodeModule } from './nodeModule.ts';

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
export type DatasetIndex = z.output<typeof indexSchema>;

/** The file of a dataset's folder that says what is in it. */
export function indexPath(folder: string): string {
  return nodeModule('node:path').join(folder, FILE);
}

/** Where the shard of that number lies. No path is ever read from a file. */
export function shardPath(folder: string, number: number): string {
  return nodeModule('node:path').join(folder, `episodes-${String(number).padStart(6, '0')}.bin`);
}

/** Whether a folder holds a dataset in oxbow's own format, finished or not. */
export function hasIndex(folder: string): boolean {
  return nodeModule('node:fs').existsSync(indexPath(folder));
}

export function writeIndex(folder: string, index: DatasetIndex): void {
  const json = { format: FORMAT, version: VERSION, sha256: fingerprint(index), ...index };
  writeWholeFile(indexPath(folder), `${JSON.stringify(json, null, 2)}\n`);
}

/** @throws one line, if there is none, or it is damaged, of another version, or none of oxbow's; or if the folder holds links or pipes */
export function readIndex(folder: string): DatasetIndex {
  const path = indexPath(folder);
  // The folder itself may be a link: whoever reads it has named it.
  const problem = storedProblem(`${folder}/.`);
  if (problem !== undefined) throw new Error(problem);
  let json: unknown;
  try {
    json = parseJson(nodeModule('node:fs').readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path}: cannot be read: ${(error as Error).message}`);
  }
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
