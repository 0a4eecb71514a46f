/**
 * Episodes that were played before: what offline learning and cloning begin with.
 * @module oxbow/datasets
 */

export { type SpaceJson, spaceFromJson, spaceToJson } from '../src/spaces/json.ts';
export type { Dataset, DatasetAbout } from './dataset.ts';
export { ContentHash } from './dataset.ts';
export {
  type DatasetFormat,
  datasetFormats,
  type OpenDatasetOptions,
  openDataset,
  writeDataset,
} from './datasetFiles.ts';
export type { Episode, EpisodeSource } from './episode.ts';
export {
  type ColumnDtypes,
  type Dtype,
  episodeOf,
  type NumberArray,
  type StoredEpisode,
  usualDtypes,
} from './episode.ts';
export {
  EpisodesInMemory,
  type EpisodesInMemoryOptions,
  HindsightEpisodes,
  type HindsightOptions,
  type SplitOptions,
  splitEpisodes,
} from './episodesInMemory.ts';
export { DatasetWriter } from './storedDataset.ts';
