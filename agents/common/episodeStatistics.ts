import { checkArgument } from '../../src/options/checkArguments.ts';
import { type EpisodeStatistics, EpisodeTally } from './episodeTally.ts';
import type { EpisodeReport } from './episodeTracker.ts';

/**
 * What episodes had in common: how many, mean return, mean length, and how they ended. For those of a report of a training, or of an
 * evaluation:
 *
 *     const { return: mean, counts } = episodeStatistics(report.episodes); // counts.outcome: { left: 48, right: 52 }
 *
 * Every entry of an episode's last `info` that is a word is counted, `outcome` among others: a text of one line, of at most 32
 * characters. An entry that had more than 12 different ones is left out.
 */
export function episodeStatistics(episodes: Iterable<EpisodeReport>): EpisodeStatistics {
  checkArgument('episodeStatistics', 'episodes', episodes, [Array, Object]);
  const tally = new EpisodeTally();
  tally.add(episodes);
  return tally.statistics();
}
