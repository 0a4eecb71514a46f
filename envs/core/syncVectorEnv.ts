import { show } from '../../src/options/describe.ts';
import { checkArgument, checkOptions } from '../../src/options/parse.ts';
import { Rng } from '../../src/random.ts';
import { spelledOut } from '../../src/spaces/composite.ts';
import type { BatchArray } from '../../src/spaces/space.ts';
import { checkMethods, checkSpaces, envName, isStepResult, resetProblem, stepProblem } from './checks.ts';
import { type AnyEnv, type Info, type ResetResult, restoreState, stateOf } from './env.ts';
import { type GoalRewards, rewardsOfGoals } from './goalEnv.ts';
import {
  type AutoresetMode,
  autoresetModes,
  BaseVectorEnv,
  newVectorStep,
  type VectorResetOptions,
  type VectorStep,
} from './vectorEnv.ts';

/** Options of {@link SyncVectorEnv}. */
interface SyncVectorEnvOptions {
  autoresetMode?: AutoresetMode | undefined;
}

/** The part that a {@link SyncVectorEnv} is of a larger vector env, whose rows it writes. */
interface VectorPart {
  /** The larger one, as errors name it. */
  readonly owner: string;
  /** The place of the first env in it, from which its seed comes. */
  readonly first: number;
  readonly result: VectorStep;
  readonly ended: Uint8Array;
  /** `[1]`: is set to the place of the env that is being called. */
  readonly at: Int32Array;
}

/** A vector env's state, whichever threads its envs are in. */
export interface VectorState {
  envs: unknown[];
  ended: number[];
  /** Which env has failed, so that the others are not where it is. */
  failed?: number;
}

/**
 * Steps its envs one after another in this thread: the right choice where a step costs microseconds.
 *
 * All that an env gives is checked at every step: an observation of its space's form without NaN, a finite reward, two booleans, an info.
 * Whether observations lie within the bounds of their space is left to `checkEnv`. Actions and modes are checked before any env makes its
 * step. If one fails nevertheless, the others cannot be unstepped: steps are refused until all are reset, or set to a state.
 */
export class SyncVectorEnv extends BaseVectorEnv {
  readonly envs: readonly AnyEnv[];
  readonly #result: VectorStep;
  /** An array for each env's action, so that a step allocates none. */
  readonly #actions: unknown[];
  readonly #first: number;
  /** The place of the env that is being called. */
  readonly #at: Int32Array;
  /** How many steps have been asked for since all envs were reset. */
  #steps = 0;
  /** Which env has failed in a step, or while it was reset, since all were reset. */
  #failed: number | undefined;

  /**
   * @param makers one function for each env; all must give envs of the same spaces.
   * @param part of which larger vector env it is a part, if it is.
   * @throws when there are none, one is no environment, the autoreset mode is unknown, or the spaces differ.
   */
  constructor(makers: readonly (() => AnyEnv)[], options: SyncVectorEnvOptions = {}, part?: VectorPart) {
    const { owner = 'SyncVectorEnv', first: place = 0, at = new Int32Array(1) } = part ?? {};
    checkArgument(owner, 'makers', makers, Array);
    for (const [i, maker] of makers.entries()) checkArgument(owner, `makers.${i}`, maker, Function);
    const { autoresetMode = 'sameStep' } = checkOptions(owner, options, {
      autoresetMode: [...autoresetModes, undefined],
    });
    const envs = makers.map((maker, i) => {
      at[0] = place + i;
      return maker();
    });
    const first = envs[0];
    if (first === undefined) throw new Error(`${owner}: needs at least one env, got none`);
    for (const [i, env] of envs.entries()) {
      at[0] = place + i;
      checkMethods(`${owner}: env ${place + i}`, env);
      checkSpaces(env);
      for (const name of ['observationSpace', 'actionSpace'] as const) {
        if (spelledOut(env[name]) !== spelledOut(first[name])) {
          const isAlike = String(env[name]) === String(first[name]);
          const others = `expected env ${place}'s ${first[name]}${isAlike ? ', to the last bound and character' : ''}`;
          throw new Error(`${owner}: env ${place + i} has ${name} ${env[name]}, ${others}`);
        }
      }
    }
    super(owner, autoresetMode, first, part?.ended ?? new Uint8Array(envs.length));
    this.envs = envs;
    this.#first = place;
    this.#at = at;
    const row = new Float64Array(this.singleActionSpace.size);
    this.#actions = envs.map((env) => env.actionSpace.read(row, 0));
    this.#result = part?.result ?? newVectorStep(envs.length, this.singleObservationSpace.size);
  }

  reset(given?: VectorResetOptions): [observations: Float32Array, infos: Info[]] {
    const { seed, options, mask } = this.checkReset(given);
    const rng = seed === undefined ? undefined : new Rng(seed).split('vectorEnv');
    const at = this.#at;
    const first = this.#first;
    try {
      for (let i = 0; i < this.numEnvs; i++) {
        at[0] = first + i;
        if (mask === undefined || mask[i]) this.#resetRow(i, { seed: rng?.split(first + i).seed, options });
      }
    } catch (error) {
      this.#failed = at[0]! - first;
      throw this.#named(error, this.#failed);
    }
    if (mask === undefined) {
      this.#steps = 0;
      this.#failed = undefined;
    }
    return [this.#result.observations, this.#result.infos];
  }

  #resetRow(i: number, options?: Parameters<AnyEnv['reset']>[0]): void {
    const result: unknown = this.envs[i]!.reset(options);
    const problem = resetProblem(result);
    if (problem !== undefined) throw new Error(`${this.#where(i)}: ${problem}`);
    const [observation, info] = result as ResetResult<unknown>;
    this.#writeObservation(observation, this.#result.observations, i);
    this.#result.infos[i] = info;
    this.ended[i] = 0;
  }

  #writeObservation(observation: unknown, target: Float32Array, i: number): void {
    try {
      this.singleObservationSpace.write(observation, target, i * this.singleObservationSpace.size);
    } catch (error) {
      throw new Error(`${this.#where(i)}: observation: ${(error as Error).message}`);
    }
  }

  /** An error that JavaScript throws, as for a null where there should be an array, says nothing of where that was. */
  #named(error: unknown, i: number): unknown {
    const isNative = [TypeError, RangeError, ReferenceError, SyntaxError].some((type) => error instanceof type);
    if (!isNative) return error;
    const { name, message } = error as Error;
    const line = `${name}: ${message.replaceAll(/\s+/g, ' ').slice(0, 200)}`;
    return new Error(`${this.#where(i)}: ${line}`, { cause: error });
  }

  #where(i: number): string {
    return `${this.owner}: env ${this.#first + i} (${envName(this.envs[i]!)}), step ${this.#steps}`;
  }

  /**
   * @throws before any env has moved: when `actions` has the wrong length, or one that is no action, or a finished env is stepped in the mode
   *   `'disabled'`, or an env has failed since the last `reset()`. Else what an env throws, or what is wrong with its results.
   */
  step(actions: BatchArray): VectorStep {
    const { size } = this.singleActionSpace;
    const failed = this.#failed !== undefined && this.envs[this.#failed];
    this.checkStep(
      actions,
      failed ? `env ${this.#failed} (${envName(failed)}) has failed at step ${this.#steps}` : undefined,
    );
    this.#steps++;
    const at = this.#at;
    const first = this.#first;
    try {
      for (let i = 0; i < this.numEnvs; i++) {
        at[0] = first + i;
        if (this.ended[i]) this.#skipRow(i);
        else this.#stepRow(i, this.singleActionSpace.read(actions, i * size, this.#actions[i]));
      }
    } catch (error) {
      this.#failed = at[0]! - first;
      throw this.#named(error, this.#failed);
    }
    return this.#result;
  }

  /** The call after an episode's end, where the mode is `'nextStep'`. */
  #skipRow(i: number): void {
    this.#resetRow(i);
    this.#result.rewards[i] = 0;
    this.#result.terminations[i] = 0;
    this.#result.truncations[i] = 0;
    this.#result.resets[i] = 1;
    this.#result.finalInfos[i] = undefined;
  }

  #stepRow(i: number, action: unknown): void {
    const result = this.#result;
    const step: unknown = this.envs[i]!.step(action);
    if (!isStepResult(step)) throw new Error(`${this.#where(i)}: ${stepProblem(step)}`);
    // By index: destructuring goes through an iterator.
    const terminated = step[2];
    const truncated = step[3];
    const info = step[4];
    const ended = terminated || truncated;
    result.rewards[i] = step[1];
    result.terminations[i] = terminated ? 1 : 0;
    result.truncations[i] = truncated ? 1 : 0;
    result.resets[i] = 0;
    result.finalInfos[i] = ended ? info : undefined;
    if (ended) this.#writeObservation(step[0], result.finalObservations, i);
    if (ended && this.autoresetMode === 'sameStep') {
      this.#resetRow(i);
      return;
    }
    this.#writeObservation(step[0], result.observations, i);
    result.infos[i] = info;
    this.ended[i] = ended ? 1 : 0;
  }

  computeRewards(achievedGoals: Float32Array, desiredGoals: Float32Array): GoalRewards {
    return rewardsOfGoals(this.owner, this.envs[0]!, achievedGoals, desiredGoals);
  }

  close(): void {
    for (const [i, env] of this.envs.entries()) {
      this.#at[0] = this.#first + i;
      env.close();
    }
  }

  state(): VectorState {
    const failed = this.#failed;
    const envs = this.envs.map((env, i) => {
      this.#at[0] = this.#first + i;
      return stateOf(env);
    });
    return { envs, ended: [...this.ended], ...(failed !== undefined && { failed }) };
  }

  /** @throws when the state is of another number of envs. */
  setState(state: VectorState): void {
    if (!Array.isArray(state?.envs)) {
      throw new Error(`SyncVectorEnv.setState: got ${show(state)}, expected what state() gives`);
    }
    if (state.envs.length !== this.numEnvs) {
      throw new Error(`SyncVectorEnv.setState: the state is of ${state.envs.length} envs, expected ${this.numEnvs}`);
    }
    for (const [i, env] of this.envs.entries()) {
      this.#at[0] = this.#first + i;
      restoreState(env, state.envs[i]);
    }
    this.ended.set(state.ended);
    this.#failed = state.failed;
  }
}
