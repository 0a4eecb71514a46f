import { wordsOf } from '../../agents/core/episodeStatistics.ts';
import { type EpisodeReport, type EpisodeStatistics, episodeStatistics } from '../../agents/index.ts';

/** How episodes ended. */
export interface Ends {
  /** How each ended, in the environment's word; null where it says nothing. */
  readonly outcomes: readonly (string | null)[];
  /** How many ended with which word of their last info, by entry. */
  readonly counts: EpisodeStatistics['counts'];
}

/** What a file of evaluations says of how episodes ended. */
export function endsOf(episodes: readonly EpisodeReport[]): Ends {
  return {
    outcomes: episodes.map(({ info }) => Object.fromEntries(wordsOf(info)).outcome ?? null),
    counts: episodeStatistics(episodes).counts,
  };
}
