/**
 * Episodes that were played before: what offline learning and cloning begin with.
 * @module oxbow/datasets
 */
export { ContentHash } from './contentHash.ts';
export type { Dataset, DatasetAbout } from './dataset.ts';
export { DatasetWriter } from './datasetWriter.ts';
export type { Episode, EpisodeSource } from './episode.ts';
export { EpisodesInMemory, type EpisodesInMemoryOptions } from './episodesInMemory.ts';
export { HindsightEpisodes, type HindsightOptions } from './hindsightEpisodes.ts';
export { type OpenDatasetOptions, openDataset } from './openDataset.ts';
export { type SpaceJson, spaceFromJson, spaceToJson } from './spaceJson.ts';
export { type SplitOptions, splitEpisodes } from './splitEpisodes.ts';
export {
  type ColumnDtypes,
  type Dtype,
  episodeOf,
  type NumberArray,
  type StoredEpisode,
  usualDtypes,
} from './storedEpisode.ts';
export { type DatasetFormat, datasetFormats, writeDataset } from './writeDataset.ts';
