/**
 * Episodes that were played before: what offline learning and cloning begin with.
 * @module oxbow/datasets
 */
export type { Episode, EpisodeSource } from './episode.ts';
export { EpisodesInMemory, type EpisodesInMemoryOptions } from './episodesInMemory.ts';
