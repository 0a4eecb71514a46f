import { ContentHash } from '../../datasets/contentHash.ts';
import type { Dataset } from '../../datasets/dataset.ts';
import type { EpisodeSource } from '../../datasets/episode.ts';
import { openDataset } from '../../datasets/openDataset.ts';
import { episodeAt } from '../../datasets/storedEpisode.ts';
import { InputError } from '../experiment/inputError.ts';
import type { TrainConfig } from './trainConfig.ts';

/**
 * The dataset, for an agent that learns from data; undefined where the settings name nothing. If they have a hash, whoever reads its
 * episodes to their end is told when they are others.
 * @throws InputError if there is no whole dataset at the path
 */
export async function openTrainingDataset({
  dataset: path,
  datasetHash: expected,
}: Pick<TrainConfig, 'dataset' | 'datasetHash'>): Promise<EpisodeSource | undefined> {
  if (path === undefined) return undefined;
  let dataset: Dataset;
  try {
    dataset = await openDataset(path);
  } catch (error) {
    throw new InputError(`--dataset: ${(error as Error).message}`);
  }
  return expected === undefined ? dataset : withHash(dataset, expected);
}

function withHash(dataset: Dataset, expected: string): EpisodeSource {
  const { path, observationSpace, actionSpace, numEpisodes, numSteps } = dataset;
  return {
    ...{ observationSpace, actionSpace, numEpisodes, numSteps },
    *episodes() {
      const hash = new ContentHash();
      let i = 0;
      for (const stored of dataset.storedEpisodes()) {
        hash.add(stored);
        yield episodeAt(`--dataset: ${path}: episode ${i++}`, stored);
      }
      const digest = hash.digest();
      if (digest === expected) return;
      throw new InputError(
        `--dataset: ${path}: holds other episodes, of the hash ${digest}, expected those that the run was begun with, ${expected}`,
      );
    },
  };
}
