import { ContentHash } from '../../datasets/contentHash.ts';
import { openDataset } from '../../datasets/openDataset.ts';
import { firstLine } from '../harness/firstLine.ts';
import { InputError } from '../harness/inputError.ts';

/**
 * The hash of what a dataset holds, as its index says it where it has one: who reads its episodes finds a wrong one.
 * @throws InputError if there is no whole dataset at the path
 */
export async function datasetHash(path: string): Promise<string> {
  try {
    const dataset = await openDataset(path);
    return dataset.hash ?? ContentHash.of(dataset.storedEpisodes());
  } catch (error) {
    throw new InputError(`--dataset: ${firstLine((error as Error).message)}`);
  }
}
