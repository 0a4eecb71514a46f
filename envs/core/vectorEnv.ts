import type { Info, Seed } from './env.ts';
import type { BatchArray, Space } from './spaces/space.ts';

/**
 * What a vector env does with a sub-env whose episode has ended.
 *
 * - `'nextStep'`: the following `step` resets it. That call's action is ignored, its reward is 0, its row is marked in
 *   `resets`: it is no transition, and learning must skip it.
 * - `'sameStep'`: it is reset at once, in the step that ended the episode; the row of `observations` is then the new episode's.
 * - `'disabled'`: the caller resets it, with `reset({ mask })`; stepping it before is an error.
 */
export type AutoresetMode = 'nextStep' | 'sameStep' | 'disabled';
/** Every {@link AutoresetMode}. */
export const autoresetModes: readonly AutoresetMode[] = ['nextStep', 'sameStep', 'disabled'];

/** One step of n envs; row i belongs to env i. The arrays are the vector env's own and are overwritten by its next call. */
export interface VectorStep {
  /** `[n, observationSize]`, row-major: what the next action is chosen from. */
  readonly observations: Float32Array;
  /** `[n]` */
  readonly rewards: Float64Array;
  /** `[n]`, 1 where the task itself ended. */
  readonly terminations: Uint8Array;
  /** `[n]`, 1 where a limit cut the episode. */
  readonly truncations: Uint8Array;
  /** `[n]`, 1 where this call reset the env in place of stepping it (`'nextStep'` only): no transition. */
  readonly resets: Uint8Array;
  /** `[n]`, beside `observations`. */
  readonly infos: Info[];
  /** `[n, observationSize]`: in every mode, where an episode ended its last observation; other rows mean nothing. */
  readonly finalObservations: Float32Array;
  /** `[n]`: in every mode, where an episode ended its last info; else undefined. */
  readonly finalInfos: (Info | undefined)[];
}

/** A step of `n` envs in which nothing has happened yet. */
export function newVectorStep(n: number, observationSize: number): VectorStep {
  return {
    observations: new Float32Array(n * observationSize),
    rewards: new Float64Array(n),
    terminations: new Uint8Array(n),
    truncations: new Uint8Array(n),
    resets: new Uint8Array(n),
    infos: Array.from({ length: n }, () => ({})),
    finalObservations: new Float32Array(n * observationSize),
    finalInfos: new Array<Info | undefined>(n).fill(undefined),
  };
}

/** Options of {@link VectorEnv.reset}. */
export interface VectorResetOptions {
  /** Env i is seeded with a stream of its own, named i, split from this seed. */
  seed?: Seed;
  options?: Record<string, unknown>;
  /** `[n]`: resets only the envs where it is not 0. */
  mask?: ArrayLike<number>;
}

/** n envs of one kind, stepped together on flat batches. */
export interface VectorEnv {
  readonly numEnvs: number;
  readonly autoresetMode: AutoresetMode;
  readonly singleObservationSpace: Space;
  readonly singleActionSpace: Space;

  /** `[observations, infos]`, the arrays of {@link VectorStep}. */
  reset(options?: VectorResetOptions): [observations: Float32Array, infos: Info[]];
  /** @param actions `[n, actionSize]`, row-major. */
  step(actions: BatchArray): VectorStep;
  close(): void;

  /** As `Env.state`, for all of them. The caller keeps the observations that it acts on next. */
  state(): unknown;
  setState(state: unknown): void;
}
