import type { Hash } from 'node:crypto';
import { checkArgument } from '../src/options/parse.ts';
import { nodeModule } from './nodeModule.ts';
import type { StoredEpisode } from './storedEpisode.ts';

/**
 * The SHA-256 of what episodes hold: of each one in turn the number of its steps, then its observations, actions, rewards, terminations,
 * truncations and infos by their sorted names, as little-endian numbers of the types that they are stored in. It depends neither on the
 * format nor on what a dataset says of itself.
 */
export class ContentHash {
  /** That of these episodes, in hexadecimal digits. */
  static of(episodes: Iterable<StoredEpisode>): string {
    const hash = new ContentHash();
    for (const episode of episodes) hash.add(episode);
    return hash.digest();
  }

  readonly #hash: Hash = nodeModule('node:crypto').createHash('sha256');

  add(episode: StoredEpisode): void {
    checkArgument('ContentHash.add', 'episode', episode, Object);
    const { observations, actions, rewards, terminations, truncations, infos = {} } = episode;
    this.#hash.update(Uint32Array.of(rewards.length));
    const named = Object.keys(infos).sort();
    for (const values of [
      observations,
      actions,
      rewards,
      terminations,
      truncations,
      ...named.map((name) => infos[name]!),
    ]) {
      this.#hash.update(values);
    }
  }

  /** In hexadecimal digits; ends it. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}
