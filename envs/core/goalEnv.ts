import { Dict } from '../../src/spaces/composite.ts';
import type { Space } from '../../src/spaces/space.ts';
import type { AnyEnv, Env, Info } from './env.ts';

/** What an env with goals shows, by Gymnasium's names. */
export interface GoalObservation<Observation = Float32Array, Goal = Observation> {
  observation: Observation;
  /** What has been reached. */
  achieved_goal: Goal;
  /** What is to be reached. */
  desired_goal: Goal;
}

/**
 * An env in which a goal is to be reached that each episode sets anew, with the contract of Gymnasium-Robotics' `GoalEnv`: its observation space
 * is a {@link Dict} of the parts of a {@link GoalObservation}, both goals of one space, and what a step earns can be computed for any goal. Of
 * every step that is not cut, where `observation` and `info` are what it gave,
 *
 *     reward === env.computeReward(observation.achieved_goal, observation.desired_goal, info)
 *     terminated === env.computeTerminated(observation.achieved_goal, observation.desired_goal, info)
 *
 * Hindsight learns from what was reached as if it had been the goal: it has no `info` of such a step and gives `{}`.
 */
export interface GoalEnv<Observation = Float32Array, Goal = Observation, Action = Float32Array | number>
  extends Env<GoalObservation<Observation, Goal>, Action> {
  /** Goals may neither be kept nor written to. */
  computeReward(achievedGoal: Goal, desiredGoal: Goal, info: Info): number;
  /** Left out where goals have no say in when an episode ends. */
  computeTerminated?(achievedGoal: Goal, desiredGoal: Goal, info: Info): boolean;
}

/** What steps earn by their goals, row by row. */
export interface GoalRewards {
  /** `[n]` */
  readonly rewards: Float64Array;
  /** `[n]`, 1 where the task itself ends; undefined where goals have no say in it. */
  readonly terminations: Uint8Array | undefined;
}

/** The space of both goals, of an observation space with the parts of a {@link GoalObservation}; undefined of another one. */
export function goalSpace(space: Space): Space | undefined {
  if (!(space instanceof Dict)) return undefined;
  const { achieved_goal: achieved, desired_goal: desired } = space.spaces as Partial<Record<string, Space>>;
  return achieved !== undefined && achieved.size === desired?.size ? achieved : undefined;
}

/**
 * What steps of an env would have earned that led to these goals while those were desired, by the env inside all wrappers.
 * @param owner whose error it is
 * @param achieved `[n, goalSize]`; `desired` likewise
 * @throws if it is no {@link GoalEnv}; what it throws itself
 */
export function rewardsOfGoals(owner: string, env: AnyEnv, achieved: Float32Array, desired: Float32Array): GoalRewards {
  const goalEnv = env.unwrapped as AnyEnv & Partial<GoalEnv<unknown>>;
  const space = goalSpace(goalEnv.observationSpace);
  if (space === undefined || typeof goalEnv.computeReward !== 'function') {
    const expected = 'expected a GoalEnv, with achieved_goal and desired_goal in its observations, and computeReward()';
    throw new Error(`${owner}: got ${goalEnv.constructor.name} of ${goalEnv.observationSpace}, ${expected}`);
  }
  const rewards = new Float64Array(achieved.length / space.size);
  const terminations = goalEnv.computeTerminated && new Uint8Array(rewards.length);
  let [from, to]: unknown[] = [];
  for (let i = 0; i < rewards.length; i++) {
    from = space.read(achieved, i * space.size, from);
    to = space.read(desired, i * space.size, to);
    rewards[i] = goalEnv.computeReward(from, to, {});
    if (terminations) terminations[i] = goalEnv.computeTerminated!(from, to, {}) ? 1 : 0;
  }
  return { rewards, terminations };
}
