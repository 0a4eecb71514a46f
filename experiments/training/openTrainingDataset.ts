import type { EpisodeSource } from '../../datasets/episode.ts';
import { openDataset } from '../../datasets/openDataset.ts';
import { InputError } from '../harness/inputError.ts';
import type { TrainConfig } from './trainConfig.ts';

/**
 * The dataset, for an agent that learns from data; undefined where the settings name nothing.
 * @throws InputError if there is no whole dataset at the path
 */
export async function openTrainingDataset({
  dataset,
}: Pick<TrainConfig, 'dataset'>): Promise<EpisodeSource | undefined> {
  if (dataset === undefined) return undefined;
  try {
    return await openDataset(dataset);
  } catch (error) {
    throw new InputError(`--dataset: ${(error as Error).message}`);
  }
}
