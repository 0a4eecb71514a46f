import { show } from '../../src/options/describe.ts';
import { checkArgument, checkOptions } from '../../src/options/parse.ts';
import { Box } from '../../src/spaces/box.ts';
import { Dict, Tuple } from '../../src/spaces/composite.ts';
import { Discrete, MultiBinary, MultiDiscrete } from '../../src/spaces/discrete.ts';
import type { BatchArray, Space } from '../../src/spaces/space.ts';
import type { Info, Seed } from './env.ts';
import type { GoalRewards } from './goalEnv.ts';

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
  /** `[n]`, where a step is several of the envs inside, as of `ActionChunkVectorEnv`: how many; and the sum of their rewards, undiscounted. */
  readonly lengths?: Int32Array;
  readonly returns?: Float64Array;
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
  /**
   * What steps would have earned that led to these goals while those were desired, where the envs are `GoalEnv`s: rows of numbers, `[n, goalSize]`
   * each. No env moves.
   * @throws if they are none
   */
  computeRewards?(achievedGoals: Float32Array, desiredGoals: Float32Array): GoalRewards;
  close(): void;
  /** {@link close}, at the end of the block that says `using envs = makeVec(…)`. */
  [Symbol.dispose](): void;

  /** As `Env.state`, for all of them. The caller keeps the observations that it acts on next. */
  state(): unknown;
  setState(state: unknown): void;
}

/** A vector env around a vector env: all calls go through to the inner one. A subclass overrides what it changes. */
export abstract class VectorWrapper implements VectorEnv {
  readonly env: VectorEnv;
  readonly numEnvs: number;
  readonly autoresetMode: AutoresetMode;
  readonly singleObservationSpace: Space;
  readonly singleActionSpace: Space;

  /** @throws when it is none */
  constructor(env: VectorEnv) {
    checkArgument(new.target.name, 'env', env, Object);
    checkArgument(new.target.name, 'env.numEnvs', env.numEnvs, Number);
    this.env = env;
    this.numEnvs = env.numEnvs;
    this.autoresetMode = env.autoresetMode;
    this.singleObservationSpace = env.singleObservationSpace;
    this.singleActionSpace = env.singleActionSpace;
  }

  reset(options?: VectorResetOptions): [observations: Float32Array, infos: Info[]] {
    return this.env.reset(options);
  }

  step(actions: BatchArray): VectorStep {
    return this.env.step(actions);
  }

  close(): void {
    this.env.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  state(): unknown {
    return this.env.state();
  }

  setState(state: unknown): void {
    this.env.setState(state);
  }
}

/** What all vector envs have, and the checks of their calls before any env moves. */
export abstract class BaseVectorEnv implements VectorEnv {
  readonly numEnvs: number;
  readonly singleObservationSpace: Space;
  readonly singleActionSpace: Space;
  /** `[actionSize]`: from where to where a whole number must lie; undefined for what may be any number. */
  readonly #ranges: readonly (Range | undefined)[];

  /**
   * @param owner whose errors these are
   * @param ended `[n]`, 1 where an episode has ended and the env has not been reset since: its action is not looked at
   */
  constructor(
    protected readonly owner: string,
    readonly autoresetMode: AutoresetMode,
    { observationSpace, actionSpace }: { readonly observationSpace: Space; readonly actionSpace: Space },
    protected readonly ended: Uint8Array,
  ) {
    this.numEnvs = ended.length;
    this.singleObservationSpace = observationSpace;
    this.singleActionSpace = actionSpace;
    this.#ranges = rangesOf(actionSpace);
  }

  /** @throws for an unknown option, a seed by itself say, and a mask of another length */
  protected checkReset(options: VectorResetOptions = {}): VectorResetOptions {
    const { mask } = checkOptions(`${this.owner}.reset`, options, {
      seed: [Number, String, undefined],
      options: [Object, undefined],
      mask: [Array, undefined],
    });
    if (mask === undefined || mask.length === this.numEnvs) return options;
    throw new Error(`${this.owner}.reset: mask has ${mask.length} entries, expected ${this.numEnvs}`);
  }

  /**
   * @param failed which env has failed since all were reset, if one has
   * @throws unless there are as many numbers as all actions have; if an env has failed; where an episode has ended in the mode `'disabled'`;
   *   and what is wrong with an action
   */
  protected checkStep(actions: BatchArray, failed?: string): void {
    const { numEnvs, owner } = this;
    const { size } = this.singleActionSpace;
    if (actions?.length !== numEnvs * size) {
      const got = actions?.length === undefined ? show(actions) : `${actions.length} numbers`;
      throw new Error(`${owner}.step: got ${got}, expected ${numEnvs} actions of ${size}`);
    }
    if (failed !== undefined) {
      throw new Error(`${owner}.step: ${failed} and the others have gone on, expected a reset() of all first`);
    }
    const i = this.autoresetMode === 'disabled' ? this.ended.indexOf(1) : -1;
    if (i >= 0) throw new Error(`${owner}.step: the episode of env ${i} has ended, expected a reset({ mask }) first`);
    this.#checkActions(actions);
  }

  /** What this looks at it reads by itself: a call for each number would cost more than the look. */
  #checkActions(actions: BatchArray): void {
    const ranges = this.#ranges;
    const size = ranges.length;
    for (let i = 0, k = 0; i < this.numEnvs; i++) {
      for (let j = 0; j < size; j++, k++) {
        const action = actions[k]!;
        const range = ranges[j];
        const isRight =
          range === undefined
            ? !Number.isNaN(action)
            : action >= range[0] && action <= range[1] && Math.trunc(action) === action;
        if (!isRight && !this.ended[i]) this.#refuse(i, j, action);
      }
    }
  }

  #refuse(i: number, j: number, action: number): never {
    const range = this.#ranges[j];
    const wanted = range === undefined ? 'a number' : `an integer in [${range[0]}, ${range[1]}]`;
    const problem =
      this.singleActionSpace instanceof Discrete
        ? `expected ${wanted}, got ${action}`
        : `entry ${j} is ${action}, expected ${wanted}`;
    throw new Error(`${this.owner}.step: the action of env ${i}: ${problem}`);
  }

  abstract reset(options?: VectorResetOptions): [observations: Float32Array, infos: Info[]];
  abstract step(actions: BatchArray): VectorStep;
  abstract close(): void;
  abstract state(): unknown;
  abstract setState(state: unknown): void;

  [Symbol.dispose](): void {
    this.close();
  }
}

type Range = readonly [low: number, high: number];

/** For each number of a row, the least and the greatest whole number that it may be; undefined where it may be any number. */
function rangesOf(space: Space): (Range | undefined)[] {
  if (space instanceof Dict) return space.names.flatMap((name) => rangesOf(space.spaces[name] as Space));
  if (space instanceof Tuple) return space.spaces.flatMap((part) => rangesOf(part as Space));
  if (space instanceof Discrete) return [[space.start, space.start + space.n - 1]];
  if (space instanceof MultiDiscrete) return space.nvec.map((n, i) => [space.start[i]!, space.start[i]! + n - 1]);
  if (space instanceof MultiBinary) return new Array<Range>(space.size).fill([0, 1]);
  const isWhole = space instanceof Box && (space.dtype === 'int32' || space.dtype === 'uint8');
  return Array.from({ length: space.size }, (_, i) => (isWhole ? [space.low[i]!, space.high[i]!] : undefined));
}

/** The most environments of one vector env. What they and their rows take would else be asked for without an end. */
export const NUM_ENVS_LIMIT = 100_000;
