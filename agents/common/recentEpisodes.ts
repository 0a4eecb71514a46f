import type { EpisodeReport } from './episodeTracker.ts';

/** How many the means are of. */
const MOST = 100;

/** What there is to say of the episodes of a training. */
export interface EpisodeFigures {
  /** Episodes that ended. */
  readonly episodes: number;
  /** The mean return of the last hundred of them; null where none has ended. */
  readonly meanReturn: number | null;
  /** The mean length of these. */
  readonly meanLength: number | null;
}

/** Keeps the last hundred episodes of a training. */
export class RecentEpisodes {
  #recent: EpisodeReport[] = [];
  #count = 0;

  add(episodes: readonly EpisodeReport[]): void {
    this.#count += episodes.length;
    this.#recent = [...this.#recent, ...episodes].slice(-MOST);
  }

  figures(): EpisodeFigures {
    const mean = (what: 'return' | 'length') =>
      this.#recent.reduce((sum, episode) => sum + episode[what], 0) / this.#recent.length;
    const has = this.#recent.length > 0;
    return { episodes: this.#count, meanReturn: has ? mean('return') : null, meanLength: has ? mean('length') : null };
  }
}
