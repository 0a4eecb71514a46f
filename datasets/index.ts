/**
 * Episodes that were played before: what offline learning and cloning begin with.
 * @module oxbow/datasets
 */

export { type SpaceJson, spaceFromJson, spaceToJson } from '../src/spaces/json.ts';
export type { Dataset, DatasetAbout } from './dataset.ts';
export { ContentHash } from './dataset.ts';
export { type DatasetFormat, openDataset, writeDataset } from './datasetFiles.ts';
export type { Episode, EpisodeSource } from './episode.ts';
export { episodeOf, type StoredEpisode, usualDtypes } from './episode.ts';
export { EpisodesInMemory, HindsightEpisodes, type HindsightOptions, splitEpisodes } from './episodesInMemory.ts';
export { DatasetWriter } from './storedDataset.ts';
