import type { Episode, EpisodeSource } from '../../datasets/episode.ts';
import type { Policy, Rng } from '../../src/index.ts';
import { stepSize } from './envs.ts';
import { GOALS, goalColumns } from './hindsight.ts';
import { datasetFor } from './offline.ts';
import type { Demonstrations } from './sequences.ts';

/**
 * The steps of a dataset as pairs, one episode after another.
 * @param visit gets each episode, and the number of its first pair
 * @throws one line, if the dataset does not fit the policy
 */
export function pairsOf(
  owner: string,
  policy: Policy,
  dataset: EpisodeSource,
  visit?: (episode: Episode, first: number) => void,
): Demonstrations {
  const { numSteps, episodes } = datasetFor(owner, policy, dataset);
  const { observationDim } = policy;
  const actionDim = stepSize(policy);
  const observations = new Float32Array(numSteps * observationDim);
  const actions = new Float32Array(numSteps * actionDim);
  const lengths: { length: number }[] = [];
  let at = 0;
  for (const episode of episodes()) {
    // Nothing was done after the last observation.
    observations.set(episode.observations.subarray(0, -observationDim), at * observationDim);
    actions.set(episode.actions, at * actionDim);
    visit?.(episode, at);
    lengths.push({ length: episode.rewards.length });
    at += episode.rewards.length;
  }
  return { observations, actions, episodes: lengths };
}

/** Which goals {@link GoalDemonstrations} draws. */
export type DemonstratedGoals = 'future' | 'final';

/**
 * The steps of episodes with goals as pairs to clone, in which what was reached later is the goal in place of the one that was desired. A pair gets
 * another goal with each draw: `achieved_goal` of what its own step led to, or a step after it in the same episode, each as likely (`'future'`); or
 * of the last one (`'final'`).
 *
 * Ghosh et al., "Learning to Reach Goals via Iterated Supervised Learning", arXiv:1912.06088; as GCBC in Park et al., "OGBench", arXiv:2410.20092.
 */
export class GoalDemonstrations {
  /** With the goals of one draw. */
  readonly pairs: Demonstrations;
  readonly #goals: DemonstratedGoals;
  readonly #columns: { readonly desiredAt: number; readonly size: number; readonly width: number };
  /** What each step led to, `[steps, size]`. */
  readonly #reached: Float32Array;
  /** Of each step the last one of its episode, `[steps]`. */
  readonly #last: Int32Array;

  /** @throws one line, if the dataset does not fit the policy, or its observations have no goals */
  constructor(owner: string, policy: Policy, dataset: EpisodeSource, goals: DemonstratedGoals, rng: Rng) {
    const { observationSpace: space, numSteps } = dataset;
    const columns = goalColumns(owner, space);
    if (columns === undefined) {
      const expected = `expected a dataset with goals: ${GOALS}`;
      throw new Error(`${owner}: hindsight: got '${goals}' for observations of ${space}, ${expected}`);
    }
    const { achievedAt, desiredAt, size } = columns;
    const width = policy.observationDim;
    this.#goals = goals;
    this.#columns = { desiredAt, size, width };
    this.#reached = new Float32Array(numSteps * size);
    this.#last = new Int32Array(numSteps);
    this.pairs = pairsOf(owner, policy, dataset, ({ observations, rewards: { length } }, first) => {
      this.#last.fill(first + length - 1, first, first + length);
      for (let t = 0; t < length; t++) {
        const at = (t + 1) * width + achievedAt;
        this.#reached.set(observations.subarray(at, at + size), (first + t) * size);
      }
    });
    this.draw(
      Int32Array.from({ length: numSteps }, (_, row) => row),
      this.pairs.observations,
      rng,
    );
  }

  /**
   * Draws goals anew.
   * @param rows the numbers of the pairs
   * @param observations theirs, `[rows, observationDim]`, which get them
   */
  draw(rows: Int32Array, observations: Float32Array, rng: Rng): void {
    const { desiredAt, size, width } = this.#columns;
    for (let i = 0; i < rows.length; i++) {
      const last = this.#last[rows[i]!]!;
      const step = this.#goals === 'final' ? last : rng.integer(rows[i]!, last + 1);
      for (let j = 0; j < size; j++) observations[i * width + desiredAt + j] = this.#reached[step * size + j]!;
    }
  }
}
