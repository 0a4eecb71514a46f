import type { Rng } from '../../src/random.ts';
import type { Info } from './env.ts';

/** One episode by a plan. */
export interface ScriptedEpisode {
  /**
   * The action that follows an observation, which is valid during the call; it is asked once for each step, in their order. The environment
   * gets it as it is, also beyond the bounds of its space.
   */
  act(observation: Float32Array): ArrayLike<number>;
  /** Whether an episode that ended so is one: another is played in the place of one that is not. */
  keeps(info: Info): boolean;
}

/** Whoever acts by a plan for each episode, where a policy knows nothing but what it observes. */
export interface EpisodeScript {
  /**
   * The plans of so many episodes.
   * @param rng of what they have in common: the same one gives the same plans
   * @returns the plan of an episode by its number, and a stream of its own
   */
  plans(episodes: number, rng: Rng): (number: number, rng: Rng) => ScriptedEpisode;
}
