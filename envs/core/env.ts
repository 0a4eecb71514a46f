/// <reference lib="esnext.disposable" preserve="true" />
import type { Rng } from '../../src/random.ts';
import type { Space } from '../../src/spaces/space.ts';
import type { Scene } from '../drawing/scene.ts';

/** What seeds an env; a string names a stream, see `Rng`. */
export type Seed = number | string;

/** What {@link Env.reset} and {@link Env.step} tell beside the observation. Not for a policy's eyes. */
export interface Info {
  /** How the episode ended, in the env's own word; undefined while it lasts. `TimeLimit` says `'timeout'`. */
  outcome?: string | undefined;
  [key: string]: unknown;
}

/** Options of {@link Env.reset}. */
export interface ResetOptions {
  /** Reseeds the env's random stream; without it the stream goes on. */
  seed?: Seed | undefined;
  /** The env's own options for this episode. */
  options?: Record<string, unknown> | undefined;
}

/** `[observation, info]` */
export type ResetResult<Observation = Float32Array> = [observation: Observation, info: Info];

/**
 * `[observation, reward, terminated, truncated, info]`.
 *
 * `terminated`: the task itself ended, so that nothing more can be earned. `truncated`: something outside the task
 * (a time limit) cut the episode, so that the last observation still has a value to bootstrap from. Both may be true.
 */
export type StepResult<Observation = Float32Array> = [
  observation: Observation,
  reward: number,
  terminated: boolean,
  truncated: boolean,
  info: Info,
];

/** What an env was made from: `make(spec.id, spec.options)` makes it again. */
export interface EnvSpec {
  readonly id: string;
  /** Steps after which `TimeLimit` truncates; undefined: never. */
  readonly maxEpisodeSteps: number | undefined;
  /** Mean return at which the task counts as solved, where the env has one. */
  readonly rewardThreshold: number | undefined;
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * A task for one agent, with the contract of Gymnasium's `Env`.
 *
 * `reset` begins an episode and must come first; then `step` until `terminated` or `truncated`. Each observation is
 * a fresh array that the caller may keep; an action is only valid during the call and must be neither kept nor written to.
 *
 * All of an env's randomness comes from one stream that `reset({ seed })` reseeds: the same seed and the same actions
 * give the same episode.
 */
export interface Env<Observation = Float32Array, Action = Float32Array | number> {
  readonly observationSpace: Space<Observation>;
  readonly actionSpace: Space<Action>;
  /** Set by `make`. */
  spec: EnvSpec | undefined;
  /** The env inside all wrappers. */
  readonly unwrapped: Env<unknown, unknown>;

  reset(options?: ResetOptions): ResetResult<Observation>;
  step(action: Action): StepResult<Observation>;
  /** Draws where the env stands now: a whole `<svg>` element with a `viewBox`, of the same size throughout. */
  render?(): string;
  /**
   * Tells what is to be seen in three dimensions, and calls this with where the bodies are after each reset, and as often in a step as the scene's
   * `interval` says; without it no more.
   */
  film?(onPose: ((pose: Float64Array) => void) | undefined): Scene;
  /** Frees what the env holds; may be called twice. */
  close(): void;
  /** {@link close}, at the end of the block that says `using env = make(…)`. */
  [Symbol.dispose](): void;

  /** All that the rest of the run depends on, the random stream included, as plain JSON. */
  state?(): unknown;
  /** Goes back to a {@link Env.state}. The env then gives, action for action, what it gave after that snapshot. */
  setState?(state: unknown): void;
}

/** An env of whatever observations and actions. */
export type AnyEnv = Env<unknown, unknown>;

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

/** `env.state()`. @throws when the env cannot give it. */
export function stateOf(env: AnyEnv): unknown {
  if (!env.state) throw new Error(`${env.constructor.name} has no state(), which exact resume needs`);
  return env.state();
}

/** `env.setState(state)`. @throws when the env cannot take it. */
export function restoreState(env: AnyEnv, state: unknown): void {
  if (!env.setState) throw new Error(`${env.constructor.name} has no setState(), which exact resume needs`);
  env.setState(state);
}

/** `env.render()`. @throws when the env does not draw itself. */
export function renderOf(env: AnyEnv): string {
  if (!env.render) throw new Error(`${env.constructor.name} has no render()`);
  return env.render();
}
