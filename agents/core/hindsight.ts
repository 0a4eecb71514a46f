import { z } from 'zod';
import { goalSpace } from '../../envs/core/goalEnv.ts';
import { Box, FlatVectorEnv, MultiBinary, type Space, type VectorEnv } from '../../envs/index.ts';
import { ObservationLayout, type Rng } from '../../src/index.ts';
import type { ReplayBuffer, Transitions } from './replay.ts';

/** Options of the agents that learn from a replay buffer, for environments with goals. */
export const hindsightOptions = {
  hindsight: z
    .enum(['none', 'future', 'final', 'episode'])
    .optional()
    .describe(
      "which goals take the place of those that were desired, of environments with goals (HER): what the same episode reached by the transition or after it ('future'), last ('final') or at any time ('episode'); none by default",
    ),
  hindsightShare: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      'share of a minibatch that gets such goals, by default 0.8; k of them to each that was desired are k/(k + 1)',
    ),
};

/** What environments and data with goals have, as errors say it. */
export const GOALS = 'boxes of numbers or bits, achieved_goal and desired_goal';

/** Where the goals begin in what a policy sees of an observation, and how many numbers they have; undefined of one that has none, or others. */
export function goalColumns(owner: string, space: Space) {
  const goals = goalSpace(space);
  // Of others a policy sees other numbers than the environment has.
  const isPlain = goals instanceof MultiBinary || (goals instanceof Box && goals.dtype !== 'uint8');
  if (!isPlain) return undefined;
  const { parts } = new ObservationLayout(owner, space);
  const at = (path: string) => parts.find((part) => part.path === path)!.at;
  return { achievedAt: at('achieved_goal'), desiredAt: at('desired_goal'), size: goals.size };
}

type HindsightConfig = Partial<z.output<z.ZodObject<typeof hindsightOptions>>> & {
  readonly nSteps?: number;
  readonly prioritizedAlpha?: number;
};

/**
 * Hindsight experience replay: the first rows of a minibatch get a goal that their episode did reach in place of the one that was desired,
 * and the reward, and the end of the task, that the environment computes of it. Nothing else of a transition changes.
 *
 * The goal is `achieved_goal` of what a transition of the same episode led to, drawn uniformly among those that are still held. An episode
 * that goes on has reached what it has reached so far.
 *
 * Andrychowicz et al., "Hindsight Experience Replay", arXiv:1707.01495.
 */
export class Hindsight {
  readonly #env: VectorEnv;
  readonly #strategy: HindsightConfig['hindsight'];
  /** Where the goals begin in an observation, and how many numbers they have. */
  readonly #achievedAt: number;
  readonly #desiredAt: number;
  readonly #size: number;
  readonly #achieved: Float32Array;
  readonly #desired: Float32Array;
  readonly #reached: Float32Array;

  /** @throws unless the environments have goals whose rewards can be computed, and rows stand for one step each, drawn uniformly */
  constructor(owner: string, config: HindsightConfig & { readonly batchSize: number }, env: VectorEnv) {
    const { hindsight, hindsightShare = 0.8, batchSize, nSteps = 1, prioritizedAlpha = 0 } = config;
    const got = `${owner}: hindsight: got '${hindsight}'`;
    if (nSteps !== 1) throw new Error(`${got} with nSteps ${nSteps}, expected 1`);
    if (prioritizedAlpha !== 0) throw new Error(`${got} with prioritizedAlpha ${prioritizedAlpha}, expected 0`);
    const { singleObservationSpace: space } = env instanceof FlatVectorEnv ? env.env : env;
    const goals = goalColumns(owner, space);
    if (goals === undefined || env.computeRewards === undefined) {
      throw new Error(`${got} for observations of ${space}, expected environments with goals: ${GOALS}`);
    }
    const { achievedAt, desiredAt, size } = goals;
    const count = Math.round(hindsightShare * batchSize);
    this.#env = env;
    this.#strategy = hindsight;
    this.#achievedAt = achievedAt;
    this.#desiredAt = desiredAt;
    this.#size = size;
    this.#achieved = new Float32Array(count * size);
    this.#desired = new Float32Array(count * size);
    this.#reached = new Float32Array(env.singleObservationSpace.size);
    // Says now what it would say at the first update.
    env.computeRewards(new Float32Array(0), new Float32Array(0));
  }

  /**
   * @param rows the rows of the replay that the minibatch has
   * @param scale what a reward is learned as
   */
  relabel(
    replay: ReplayBuffer,
    rows: Int32Array,
    batch: Transitions,
    rng: Rng,
    scale: ((reward: number) => number) | undefined,
  ): void {
    const size = this.#size;
    const reached = this.#reached;
    const { observations, nextObservations } = batch;
    for (let i = 0, from = 0; from < this.#desired.length; i++, from += size) {
      replay.readNext(rows[i]!, this.#stepsTo(replay, rows[i]!, rng), reached);
      const begin = i * reached.length;
      for (let j = 0; j < size; j++) {
        const goal = reached[this.#achievedAt + j]!;
        this.#desired[from + j] = goal;
        observations[begin + this.#desiredAt + j] = goal;
        nextObservations[begin + this.#desiredAt + j] = goal;
        this.#achieved[from + j] = nextObservations[begin + this.#achievedAt + j]!;
      }
    }
    const { rewards, terminations } = this.#env.computeRewards!(this.#achieved, this.#desired);
    for (let i = 0; i < rewards.length; i++) {
      batch.rewards[i] = scale === undefined ? rewards[i]! : scale(rewards[i]!);
      if (terminations !== undefined) batch.terminations[i] = terminations[i]!;
    }
  }

  /** How many steps of its episode lie between a row and the one whose goal it gets. */
  #stepsTo(replay: ReplayBuffer, row: number, rng: Rng): number {
    const after = replay.stepsAfter(row);
    if (this.#strategy === 'final') return after;
    return rng.integer(this.#strategy === 'future' ? 0 : -replay.stepsBefore(row), after + 1);
  }
}
