import { checkSpace } from '../envs/core/spaces/space.ts';
import type { Space } from '../envs/index.ts';
import { checkArgument, checkOptions } from '../src/options/parse.ts';
import { checkEpisode } from './checkEpisode.ts';
import type { Episode, EpisodeSource } from './episode.ts';

/** What {@link EpisodesInMemory} is made of. */
export interface EpisodesInMemoryOptions {
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  readonly episodes: Iterable<Episode>;
}

/** Episodes that are held in memory. */
export class EpisodesInMemory implements EpisodeSource {
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  readonly numSteps: number;
  readonly #episodes: readonly Episode[];

  /** @throws one line, if there is none, or one does not fit the spaces, or has a number that is not finite */
  constructor(options: EpisodesInMemoryOptions) {
    const { observationSpace, actionSpace, episodes } = checkOptions('EpisodesInMemory', options, {
      observationSpace: Object,
      actionSpace: Object,
      episodes: [Array, Object],
    });
    checkSpace('EpisodesInMemory', 'observationSpace', observationSpace);
    checkSpace('EpisodesInMemory', 'actionSpace', actionSpace);
    checkArgument('EpisodesInMemory', 'episodes[Symbol.iterator]', episodes[Symbol.iterator], Function);
    this.observationSpace = observationSpace;
    this.actionSpace = actionSpace;
    this.#episodes = [...episodes];
    if (this.#episodes.length === 0) throw new Error('EpisodesInMemory: got no episode, expected at least one');
    this.#episodes.forEach((episode, i) => {
      for (const name of ['observations', 'actions', 'rewards', 'terminations', 'truncations'] as const) {
        checkArgument(`EpisodesInMemory: episode ${i}`, name, episode?.[name], Array);
      }
      checkEpisode(`EpisodesInMemory: episode ${i}`, episode, this);
    });
    this.numSteps = this.#episodes.reduce((sum, { rewards }) => sum + rewards.length, 0);
  }

  get numEpisodes(): number {
    return this.#episodes.length;
  }

  episodes(): Iterable<Episode> {
    return this.#episodes;
  }
}
