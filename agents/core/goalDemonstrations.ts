import { z } from 'zod';
import type { Episode, EpisodeSource } from '../../datasets/episode.ts';
import { fingerprintOfNumbers } from '../../src/fingerprint.ts';
import { type Policy, portableMath, type Rng } from '../../src/index.ts';
import { checkFitsInMemory } from './checks.ts';
import { type ActionSpace, stepSize } from './envs.ts';
import { GOALS, goalColumns } from './hindsight.ts';
import { ActionMoments, observationsOfData } from './normalization.ts';
import { boundedAsPolicy, datasetFor, LearnedActions } from './offline.ts';
import type { Demonstrations } from './sequences.ts';
import type { Stateful } from './state.ts';

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

/** Where the goals of a dataset are. @throws one line that begins with what was wanted of them, if there are none */
function goalsOf(wanted: string, owner: string, space: EpisodeSource['observationSpace']) {
  const columns = goalColumns(owner, space);
  if (columns !== undefined) return columns;
  throw new Error(`${wanted} for observations of ${space}, expected a dataset with goals: ${GOALS}`);
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
    const { achievedAt, desiredAt, size } = goalsOf(`${owner}: hindsight: got '${goals}'`, owner, space);
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

const share = (usual: number, of: string) =>
  z.number().min(0).max(1).default(usual).describe(`share of the goals ${of}`);

/** Which goals {@link GoalTransitions} draws, as options of an agent. */
export const goalShares = {
  currentGoalShare: share(0.2, 'of V that are the state itself'),
  randomGoalShare: share(0.3, 'of V that are any state of the data; the others follow the state in its episode'),
  policyRandomGoalShare: share(
    0,
    'of the policy that are any state of the data; the others follow the state in its episode; 0.5 where episodes are short pieces of the ways to the goals',
  ),
};

type GoalConfig = z.output<z.ZodObject<typeof goalShares>> & {
  readonly policy: Policy;
  readonly dataset: EpisodeSource;
  readonly batchSize: number;
  readonly gamma: number;
} & Parameters<typeof observationsOfData>[1] &
  Parameters<typeof ActionMoments.of>[1];

/**
 * Transitions of episodes with goals, drawn uniformly, of which each draw has two goals: `achieved_goal` of some state of the data takes the place of
 * the one that was desired.
 *
 *   for V: the state itself; or the one min(k, rest) steps after it, k ≥ 1 geometric with mean 1 / (1 − γ); or any state from which there was a step
 *   for the policy: a state after it in its episode, each as likely; or any
 *
 * Park et al., "OGBench", arXiv:2410.20092.
 */
export class GoalTransitions implements Stateful<string> {
  readonly shapes;
  readonly #config: GoalConfig;
  readonly #columns: { readonly achievedAt: number; readonly desiredAt: number; readonly size: number };
  /** Of all states of the episodes, the last ones included, `[states, observationDim]`. */
  readonly #observations: Float32Array;
  /** `[steps, actionDim]`. */
  readonly #actions: Float32Array;
  /** Of each step which state it began in, and which is the last one of its episode, `[steps]`. */
  readonly #states: Int32Array;
  readonly #lasts: Int32Array;
  readonly #batch: Record<keyof GoalTransitions['shapes'], Float32Array>;
  #fingerprint: string | undefined;

  /** @throws one line, if the data do not fit the policy, have no goals or no memory, or the shares are more than all */
  constructor(owner: string, config: GoalConfig) {
    const { policy, dataset, batchSize, currentGoalShare, randomGoalShare } = config;
    if (currentGoalShare + randomGoalShare > 1) {
      const expected = `expected at most 1 together with the ${currentGoalShare} of currentGoalShare`;
      throw new Error(`${owner}: randomGoalShare: got ${randomGoalShare}, ${expected}`);
    }
    if (policy.chunk !== undefined) {
      throw new Error(
        `${owner}: policy: got one of chunks of ${policy.chunk.length} actions, expected one of single ones`,
      );
    }
    const { numSteps, episodes } = datasetFor(owner, policy, dataset);
    const { observationDim, actionDim } = policy;
    const states = numSteps + dataset.numEpisodes;
    checkFitsInMemory(`${owner}: dataset`, states, 'states', 4 * (observationDim + actionDim + 2));
    this.#config = config;
    this.#columns = goalsOf(`${owner}: dataset: got no goals`, owner, dataset.observationSpace);
    this.#observations = new Float32Array(states * observationDim);
    this.#actions = new Float32Array(numSteps * actionDim);
    this.#states = new Int32Array(numSteps);
    this.#lasts = new Int32Array(numSteps);
    const learned = new LearnedActions(
      owner,
      policy,
      boundedAsPolicy(owner, policy, dataset.actionSpace as ActionSpace),
    );
    let [step, state] = [0, 0];
    for (const { observations, actions, rewards } of episodes()) {
      const last = state + rewards.length;
      this.#observations.set(observations, state * observationDim);
      this.#actions.set(learned.of(actions), step * actionDim);
      for (; state < last; state++, step++) {
        this.#states[step] = state;
        this.#lasts[step] = last;
      }
      state += 1;
    }
    learned.noteOutside(numSteps);
    const [column, seen] = [{ shape: [batchSize] }, { shape: [batchSize, observationDim] }];
    this.shapes = {
      observations: seen,
      nextObservations: seen,
      reached: column,
      policyObservations: seen,
      policyNextObservations: seen,
      actions: { shape: [batchSize, actionDim] },
    };
    const entries = Object.entries(this.shapes).map(([name, { shape }]) => [
      name,
      new Float32Array(shape.reduce((product, length) => product * length)),
    ]);
    this.#batch = Object.fromEntries(entries);
    this.#publish();
  }

  /** In arrays that the next call uses again. */
  sample(rng: Rng): Readonly<Record<keyof GoalTransitions['shapes'], Float32Array>> {
    const { observations, nextObservations, reached, policyObservations, policyNextObservations, actions } =
      this.#batch;
    const { policy } = this.#config;
    const { observationDim: width, actionDim } = policy;
    for (let i = 0; i < reached.length; i++) {
      const step = rng.integer(0, this.#states.length);
      const state = this.#states[step]!;
      const [goal, goalOfPolicy] = [this.#goal(step, rng), this.#goalOfPolicy(step, rng)];
      reached[i] = goal === state ? 1 : 0;
      this.#write(state, goal, observations, i * width);
      this.#write(state + 1, goal, nextObservations, i * width);
      this.#write(state, goalOfPolicy, policyObservations, i * width);
      this.#write(state + 1, goalOfPolicy, policyNextObservations, i * width);
      actions.set(this.#actions.subarray(step * actionDim, (step + 1) * actionDim), i * actionDim);
    }
    return this.#batch;
  }

  /** The fingerprint of the data, which are not part of the state. */
  state(): string {
    this.#fingerprint ??= fingerprintOfNumbers([this.#observations, this.#actions, this.#lasts]);
    return this.#fingerprint;
  }

  setState(state: string): void {
    if (state !== this.state()) throw new Error('its data are others, expected the same dataset');
  }

  #goal(step: number, rng: Rng): number {
    const { currentGoalShare, randomGoalShare, gamma } = this.#config;
    const kind = rng.uniform();
    if (kind < currentGoalShare) return this.#states[step]!;
    if (kind < currentGoalShare + randomGoalShare) return this.#any(rng);
    const rest = this.#lasts[step]! - this.#states[step]!;
    // 1 − u lies in (0, 1]. Without a discount no number of steps is too large.
    const steps = gamma === 1 ? rest : 1 + Math.floor(portableMath.log(1 - rng.uniform()) / portableMath.log(gamma));
    return this.#states[step]! + Math.min(steps, rest);
  }

  #goalOfPolicy(step: number, rng: Rng): number {
    if (rng.uniform() < this.#config.policyRandomGoalShare) return this.#any(rng);
    return rng.integer(this.#states[step]! + 1, this.#lasts[step]! + 1);
  }

  #any(rng: Rng): number {
    return this.#states[rng.integer(0, this.#states.length)]!;
  }

  /** Writes the observation of a state with the goal that another one is. */
  #write(state: number, goal: number, into: Float32Array, at: number): void {
    const { observationDim: width } = this.#config.policy;
    const { achievedAt, desiredAt, size } = this.#columns;
    into.set(this.#observations.subarray(state * width, (state + 1) * width), at);
    for (let j = 0; j < size; j++) into[at + desiredAt + j] = this.#observations[goal * width + achievedAt + j]!;
  }

  /** Gives the policy moments of the data, those of observations with a goal of each step that is the last of its episode. */
  #publish(): void {
    const { policy } = this.#config;
    const moments = ActionMoments.of(policy, this.#config);
    const statistics = observationsOfData(policy, this.#config, moments);
    const row = new Float32Array(policy.observationDim);
    if (statistics !== undefined) {
      this.#states.forEach((state, step) => {
        this.#write(state, this.#lasts[step]!, row, 0);
        statistics.observe(row);
      });
    }
    statistics?.publish();
    moments?.observe(this.#actions);
    moments?.publish();
  }
}
