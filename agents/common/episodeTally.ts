import type { Info } from '../../envs/index.ts';
import { checkArgument } from '../../src/options/checkArguments.ts';
import type { EpisodeReport } from './episodeTracker.ts';
import { wordsOf } from './wordsOf.ts';

/** What episodes had in common. */
export interface EpisodeStatistics {
  /** How many episodes. */
  readonly episodes: number;
  /** The mean of their undiscounted returns; null where there were none. */
  readonly return: number | null;
  /** Their mean length; null where there were none. */
  readonly length: number | null;
  /**
   * How many ended with which word of their last `info`, by entry: `{ outcome: { left: 48, right: 52 } }`. Words are in the order of the
   * alphabet. An episode that says nothing is in no count.
   */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** An entry with more different words does not tell kinds of episodes apart. */
const MOST_WORDS = 12;

/** Counts episodes: their returns, lengths, and the words of their last `info`. */
export class EpisodeTally {
  #episodes = 0;
  #return = 0;
  #length = 0;
  readonly #counts = new Map<string, Map<string, number>>();

  add(episodes: Iterable<EpisodeReport>): void {
    for (const episode of episodes) {
      checkArgument('episodeStatistics', 'info', episode?.info, Object);
      this.#episodes += 1;
      this.#return += episode.return;
      this.#length += episode.length;
      this.#count(episode.info);
    }
  }

  statistics(): EpisodeStatistics {
    const episodes = this.#episodes;
    const counts = [...this.#counts]
      .filter(([, words]) => words.size <= MOST_WORDS)
      .map(([entry, words]) => [entry, Object.fromEntries([...words].sort(byName))]);
    return {
      episodes,
      return: episodes === 0 ? null : this.#return / episodes,
      length: episodes === 0 ? null : this.#length / episodes,
      counts: Object.fromEntries(counts),
    };
  }

  #count(info: Info): void {
    for (const [entry, word] of wordsOf(info)) {
      const words = this.#counts.get(entry) ?? new Map<string, number>();
      this.#counts.set(entry, words);
      // One too many is kept, which tells that there are too many.
      if (words.size <= MOST_WORDS || words.has(word)) words.set(word, (words.get(word) ?? 0) + 1);
    }
  }
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
