import { z } from 'zod';
import { leadsToFile } from '../../src/files.ts';
import { parseJson } from '../../src/json.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { datasetAboutSchema } from '../dataset.ts';
import { nodeModule } from '../nodeModule.ts';
import { type SpaceJson, spaceJsonSchema } from '../spaceJson.ts';

/** The files of a dataset of Minari's, in its folder `data`. */
export const METADATA = 'metadata.json';
export const MAIN = 'main_data.hdf5';

const metadataSchema = z.looseObject({
  total_episodes: z.int().positive(),
  total_steps: z.int().positive(),
  data_format: z.literal('hdf5', 'expected hdf5').default('hdf5'),
  jpeg_encoding: z.boolean().default(true),
  observation_space: z.string(),
  action_space: z.string(),
  env_spec: z.string().optional(),
  oxbow: datasetAboutSchema.pick({ environment: true, policies: true, provenance: true }).optional(),
});

/** What `metadata.json` says. */
export type MinariMetadata = z.output<typeof metadataSchema>;

/** The folder that holds both files: the dataset's own, or `data` in it; undefined if there is none. */
export function dataFolder(path: string): string | undefined {
  const { join } = nodeModule('node:path');
  return [join(path, 'data'), path].find((folder) => leadsToFile(join(folder, METADATA)));
}

/** @throws one line, if it cannot be read, or is none of Minari's in HDF5 */
export function readMetadata(folder: string): MinariMetadata {
  const path = nodeModule('node:path').join(folder, METADATA);
  let json: unknown;
  try {
    json = parseJson(nodeModule('node:fs').readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path}: cannot be read: ${(error as Error).message}`);
  }
  return parseOptions(path, metadataSchema, json);
}

/** A space as Python writes it, whose JSON has infinities. @throws one line, if it is none */
export function spaceFromText(where: string, text: string): SpaceJson {
  let json: unknown;
  try {
    json = parseJson(text.replaceAll(/(?<=[[,:] *)-?Infinity(?= *[\],}])/g, '"$&"'));
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`);
  }
  return parseOptions(where, spaceJsonSchema, json);
}

/** A space as Python reads it. */
export function spaceToText(space: SpaceJson): string {
  return JSON.stringify(space).replaceAll(/(?<=[[,:])"(-?Infinity)"(?=[\],}])/g, '$1');
}
