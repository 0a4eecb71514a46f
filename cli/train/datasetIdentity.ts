import { ContentHash } from '../../datasets/contentHash.ts';
import { openDataset } from '../../datasets/openDataset.ts';
import { firstLine } from '../experiment/firstLine.ts';
import { InputError } from '../experiment/inputError.ts';

/** Which episodes a dataset holds. */
export interface DatasetIdentity {
  /** Of what it holds, as its index says it where it has one: who reads its episodes finds a wrong one. */
  readonly hash: string;
  /** The id of the environment that they were played in, if the dataset says it. */
  readonly env: string | undefined;
}

/** @throws InputError if there is no whole dataset at the path */
export async function datasetIdentity(path: string): Promise<DatasetIdentity> {
  try {
    const dataset = await openDataset(path);
    const hash = dataset.hash ?? ContentHash.of(dataset.storedEpisodes());
    return { hash, env: dataset.about.environment?.id };
  } catch (error) {
    throw new InputError(`--dataset: ${firstLine((error as Error).message)}`);
  }
}
