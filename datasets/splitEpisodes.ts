import { checkArgument, checkOptions } from '../src/options/parse.ts';
import { Rng } from '../src/random.ts';
import type { Episode, EpisodeSource } from './episode.ts';

/** How {@link splitEpisodes} splits. */
export interface SplitOptions {
  /** Which share of the episodes is held out, between 0 and 1. */
  readonly validation: number;
  /** Which ones depends on it; 0 by default. */
  readonly seed?: number | string;
}

/**
 * Splits episodes into those to learn from and those that are held out, at least one of each; whole ones, since the steps of one are much
 * alike. Which is which is drawn by the seed; both keep the order of the source, and read it anew each time.
 * @throws if the share is none, or there are fewer than two episodes
 */
export function splitEpisodes(
  source: EpisodeSource,
  options: SplitOptions,
): { readonly train: EpisodeSource; readonly validation: EpisodeSource } {
  checkArgument('splitEpisodes', 'source', source, Object);
  checkArgument('splitEpisodes', 'source.numEpisodes', source.numEpisodes, Number);
  const { validation, seed = 0 } = checkOptions('splitEpisodes', options, {
    validation: Number,
    seed: [Number, String, undefined],
  });
  const { numEpisodes } = source;
  if (!(validation > 0 && validation < 1)) {
    throw new Error(`splitEpisodes: validation: got ${validation}, expected a share between 0 and 1`);
  }
  if (numEpisodes < 2) throw new Error(`splitEpisodes: got ${numEpisodes} episode, expected two or more`);
  const count = Math.min(Math.max(Math.round(validation * numEpisodes), 1), numEpisodes - 1);
  const held = new Uint8Array(numEpisodes);
  for (const i of new Rng(seed).split('splitEpisodes').permutation(numEpisodes).subarray(0, count)) held[i] = 1;
  const steps = [0, 0];
  let number = 0;
  for (const { rewards } of source.episodes()) steps[held[number++]!]! += rewards.length;
  const part = (which: 0 | 1): EpisodeSource => ({
    observationSpace: source.observationSpace,
    actionSpace: source.actionSpace,
    numEpisodes: which === 1 ? count : numEpisodes - count,
    numSteps: steps[which]!,
    *episodes(): Iterable<Episode> {
      let i = 0;
      for (const episode of source.episodes()) if (held[i++] === which) yield episode;
    },
  });
  return { train: part(0), validation: part(1) };
}
