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
    const { hash: said } = dataset as { hash?: string | null };
    if (said != null) return said;
    const hash = new ContentHash();
    for (const episode of dataset.storedEpisodes()) hash.add(episode);
    return hash.digest();
  } catch (error) {
    throw new InputError(`--dataset: ${firstLine((error as Error).message)}`);
  }
}
