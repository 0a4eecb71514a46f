import type { EpisodeReport } from '../../agents/index.ts';

/** The mean return of episodes; null if there is none. */
export function meanReturn(episodes: readonly Pick<EpisodeReport, 'return'>[]): number | null {
  return episodes.length === 0 ? null : episodes.reduce((sum, episode) => sum + episode.return, 0) / episodes.length;
}
