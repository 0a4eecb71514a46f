import type { Info, VectorStep } from '../../envs/index.ts';
import { checkArgument } from '../../src/options/parse.ts';
import type { EpisodeReport } from '../agent.ts';
import { type Stateful, setSameLength } from './state.ts';

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

/** Sums up the episodes of parallel environments that reset in the step that ends an episode. */
export class EpisodeTracker implements Stateful {
  readonly #returns: Float64Array;
  readonly #lengths: Int32Array;

  constructor(numEnvs: number) {
    this.#returns = new Float64Array(numEnvs);
    this.#lengths = new Int32Array(numEnvs);
  }

  /** Takes in one step and appends the episodes that it ended to `finished`. */
  track(step: VectorStep, finished: EpisodeReport[]): void {
    const { rewards, returns = rewards, lengths, terminations, truncations, finalInfos } = step;
    for (let i = 0; i < rewards.length; i++) {
      this.#returns[i]! += returns[i]!;
      this.#lengths[i]! += lengths?.[i] ?? 1;
      if (!terminations[i] && !truncations[i]) continue;
      finished.push({ return: this.#returns[i]!, length: this.#lengths[i]!, info: finalInfos[i]! });
      this.#returns[i] = 0;
      this.#lengths[i] = 0;
    }
  }

  /** Steps of the present episode of each environment. */
  get lengths(): ArrayLike<number> {
    return this.#lengths;
  }

  /** Forgets the episodes that have begun. */
  reset(): void {
    for (const sums of [this.#returns, this.#lengths]) sums.fill(0);
  }

  state() {
    return { returns: this.#returns.slice(), lengths: this.#lengths.slice() };
  }

  setState({ returns, lengths }: ReturnType<EpisodeTracker['state']>): void {
    setSameLength({ returns: [this.#returns, returns], lengths: [this.#lengths, lengths] });
  }
}

/** A text that is longer is no word. */
const LONGEST = 32;

/**
 * The entries of an info that are words, texts of one line of at most 32 characters. One without an outcome may say `is_success`, as
 * environments of Gymnasium do: the outcome is then `success` or `failure`.
 */
export function* wordsOf(info: Info): Generator<[entry: string, word: string]> {
  for (const [entry, value] of Object.entries(info)) if (isWord(value)) yield [entry, value];
  const { outcome, is_success: success } = info;
  if (outcome === undefined && (typeof success === 'boolean' || success === 0 || success === 1)) {
    yield ['outcome', success ? 'success' : 'failure'];
  }
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= LONGEST && !/[\n\r]/.test(value);
}
