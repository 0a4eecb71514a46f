import type { Space } from '../envs/index.ts';
import { checkArgument, checkOptions } from '../src/options/parse.ts';
import { Rng } from '../src/random.ts';
import { checkSpace } from '../src/spaces/space.ts';
import { checkEpisode, type Episode, type EpisodeSource } from './episode.ts';

/** What {@link EpisodesInMemory} is made of. */
interface EpisodesInMemoryOptions {
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

/** What {@link HindsightEpisodes} is told. */
export interface HindsightOptions {
  /** Which numbers of an observation say what was achieved. */
  readonly achieved: readonly number[];
  /** Which say what was to be achieved, as many. */
  readonly desired: readonly number[];
  /** The reward of a step that led to `achieved` where `desired` was the goal. */
  readonly reward: (achieved: Float32Array, desired: Float32Array) => number;
  /** Whether such a step ends the task because of its goal; never by default. */
  readonly terminated?: (achieved: Float32Array, desired: Float32Array) => boolean;
  /** `'final'`: what the episode achieved at its end. `'future'`, the default: what it achieved after the step or later, drawn for each. */
  readonly strategy?: 'final' | 'future';
  /** How many goals for each step, with `'future'`; 4 by default, as in the paper. */
  readonly goals?: number;
  /** Of the draws; 0 by default. */
  readonly seed?: number | string;
}

/**
 * Each episode of a source, and after it the same steps once more as if what they achieved had been the goal: hindsight experience replay
 * (Andrychowicz et al. 2017), for observations that hold the goal that was achieved and the one that was desired.
 *
 * With `'final'` an episode comes again whole, with one goal; where `terminated` is given each of its steps comes as an episode of its own,
 * since the goal may be reached before the end. With `'future'` each step comes `goals` times, as an episode of one step that is truncated
 * unless it is terminated: two steps with different goals are not one after the other, so returns over several steps are of one.
 *
 * A step that ended the task in the source, as by a fall, ends it in each copy. It has no other goal there than what it led to.
 */
export class HindsightEpisodes implements EpisodeSource {
  readonly observationSpace: EpisodeSource['observationSpace'];
  readonly actionSpace: EpisodeSource['actionSpace'];
  readonly numEpisodes: number;
  readonly numSteps: number;
  readonly #source: EpisodeSource;
  readonly #options: Required<HindsightOptions>;
  /** Whether relabelled episodes keep their length. */
  readonly #isWhole: boolean;

  /** @throws if the columns are none of an observation's, or not as many achieved as desired */
  constructor(source: EpisodeSource, options: HindsightOptions) {
    checkArgument('HindsightEpisodes', 'source', source, Object);
    checkSpace('HindsightEpisodes', 'source.observationSpace', source.observationSpace);
    const { achieved, desired } = checkOptions('HindsightEpisodes', options, {
      achieved: Array,
      desired: Array,
      reward: Function,
      terminated: [Function, undefined],
      strategy: ['final', 'future', undefined],
      goals: [Number, undefined],
      seed: [Number, String, undefined],
    });
    const { size } = source.observationSpace;
    for (const [name, columns] of Object.entries({ achieved, desired })) {
      const wrong = columns.find((column) => !Number.isInteger(column) || column < 0 || column >= size);
      if (columns.length === 0 || wrong !== undefined) {
        throw new Error(
          `HindsightEpisodes: ${name}: got ${wrong ?? 'none'}, expected columns of observations, from 0 to ${size - 1}`,
        );
      }
    }
    if (achieved.length !== desired.length) {
      throw new Error(`HindsightEpisodes: got ${achieved.length} columns achieved and ${desired.length} desired`);
    }
    const { strategy = 'future', goals = 4, seed = 0, terminated = () => false } = options;
    if (!Number.isInteger(goals) || goals < 1) {
      throw new Error(`HindsightEpisodes: goals: got ${goals}, expected an integer ≥ 1`);
    }
    this.#source = source;
    this.#options = { ...options, strategy, goals, seed, terminated };
    this.observationSpace = source.observationSpace;
    this.actionSpace = source.actionSpace;
    const more = strategy === 'final' ? 1 : goals;
    this.#isWhole = strategy === 'final' && options.terminated === undefined;
    this.numSteps = source.numSteps * (1 + more);
    this.numEpisodes = source.numEpisodes + (this.#isWhole ? source.numEpisodes : more * source.numSteps);
  }

  *episodes(): Iterable<Episode> {
    const rng = new Rng(this.#options.seed).split('hindsight');
    for (const episode of this.#source.episodes()) {
      yield episode;
      yield* this.#options.strategy === 'final' ? this.#final(episode) : this.#future(episode, rng);
    }
  }

  *#final(episode: Episode): Generator<Episode> {
    const steps = episode.rewards.length;
    const goal = this.#goalAt(episode, steps);
    const length = this.#isWhole ? steps : 1;
    for (let t = 0; t < steps; t += length) yield this.#relabelled(episode, t, t + length, goal);
  }

  *#future(episode: Episode, rng: Rng): Generator<Episode> {
    const steps = episode.rewards.length;
    for (let t = 0; t < steps; t++) {
      for (let i = 0; i < this.#options.goals; i++) {
        yield this.#relabelled(episode, t, t + 1, this.#goalAt(episode, rng.integer(t + 1, steps + 1)));
      }
    }
  }

  /** What was achieved at observation `t`. */
  #goalAt({ observations }: Episode, t: number): Float32Array {
    const { size } = this.observationSpace;
    return Float32Array.from(this.#options.achieved, (column) => observations[t * size + column]!);
  }

  /** The steps from `begin` to before `end`, with another goal. */
  #relabelled(episode: Episode, begin: number, end: number, goal: Float32Array): Episode {
    const { desired, reward, terminated } = this.#options;
    const [width, actionWidth] = [this.observationSpace.size, this.actionSpace.size];
    const steps = end - begin;
    const observations = episode.observations.slice(begin * width, (end + 1) * width);
    for (let t = 0; t <= steps; t++) desired.forEach((column, i) => (observations[t * width + column] = goal[i]!));
    const reached = Array.from({ length: steps }, (_, t) => this.#goalAt(episode, begin + t + 1));
    const isLast = (t: number) => t === steps - 1;
    const ends = (achieved: Float32Array, t: number) =>
      episode.terminations[begin + t] === 1 || (isLast(t) && terminated(achieved, goal));
    const terminations = Uint8Array.from(reached, (achieved, t) => Number(ends(achieved, t)));
    return {
      observations,
      actions: episode.actions.slice(begin * actionWidth, end * actionWidth),
      rewards: Float32Array.from(reached, (achieved) => reward(achieved, goal)),
      terminations,
      truncations: Uint8Array.from(terminations, (is, t) => Number(isLast(t) && is === 0)),
    };
  }
}

/** How {@link splitEpisodes} splits. */
interface SplitOptions {
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
