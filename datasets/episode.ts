import type { Space } from '../envs/index.ts';

/**
 * One episode: T steps and T + 1 observations, row by row. A row has its numbers as those of a vector environment: `space.size` of them,
 * the parts of a `Dict` one after another, an integer of a `Discrete` as one number.
 *
 * Only its last step ends it, by at least one of the two ways.
 */
export interface Episode {
  /** `[T + 1, observationDim]`: from step t's the action was chosen, the one after it is what the step led to. */
  readonly observations: Float32Array;
  /** `[T, actionDim]`: what the environment got. */
  readonly actions: Float32Array;
  /** `[T]` */
  readonly rewards: Float32Array;
  /** `[T]`, 1 where the task itself ended. */
  readonly terminations: Uint8Array;
  /** `[T]`, 1 where a limit cut the episode. */
  readonly truncations: Uint8Array;
  /** What else the environment told, by name, `[T + 1]` each: at the reset, then after each step; NaN where it did not. */
  readonly infos?: Readonly<Record<string, Float64Array>> | undefined;
  /** What the episode's reset was seeded with, where that is known. */
  readonly seed?: number | undefined;
  /** Which of a dataset's policies acted, by its place in their list. */
  readonly policy?: number | undefined;
}

/** Where episodes come from: a dataset, or arrays in memory. */
export interface EpisodeSource {
  /** The spaces as one environment has them. */
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  readonly numEpisodes: number;
  /** Steps of all episodes together. */
  readonly numSteps: number;
  /** All episodes in their order, from the first on at each call. Their arrays may be read, not written to. */
  episodes(): Iterable<Episode>;
}
