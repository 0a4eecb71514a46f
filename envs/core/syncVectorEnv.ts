import { Rng } from '../../src/random.ts';
import { checkMethods, checkSpaces, envName } from './checks.ts';
import { describe } from './describe.ts';
import type { AnyEnv, Info } from './env.ts';
import { checkChoice } from './options.ts';
import { Discrete } from './spaces/discrete.ts';
import { MultiBinary } from './spaces/multiBinary.ts';
import { MultiDiscrete } from './spaces/multiDiscrete.ts';
import type { BatchArray, Space } from './spaces/space.ts';
import { restoreState, stateOf } from './state.ts';
import {
  type AutoresetMode,
  autoresetModes,
  newVectorStep,
  type VectorEnv,
  type VectorResetOptions,
  type VectorStep,
} from './vectorEnv.ts';

/** Options of {@link SyncVectorEnv}. */
export interface SyncVectorEnvOptions {
  autoresetMode?: AutoresetMode | undefined;
}

interface SyncVectorEnvState {
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
export class SyncVectorEnv implements VectorEnv {
  readonly envs: readonly AnyEnv[];
  readonly numEnvs: number;
  readonly autoresetMode: AutoresetMode;
  readonly singleObservationSpace: Space;
  readonly singleActionSpace: Space;
  readonly #result: VectorStep;
  /** Rows whose episode has ended and whose env has not been reset since. */
  readonly #ended: Uint8Array;
  /** An array for each env's action, so that a step allocates none. */
  readonly #actions: unknown[];
  /** Whether an action is several whole numbers, each within its bounds. */
  readonly #isMultiple: boolean;
  /** How many steps have been asked for since all envs were reset. */
  #steps = 0;
  /** Which env has failed in a step, or while it was reset, since all were reset. */
  #failed: number | undefined;

  /**
   * @param makers one function for each env; all must give envs of the same spaces.
   * @throws when there are none, one is no environment, the autoreset mode is unknown, or the spaces differ.
   */
  constructor(makers: readonly (() => AnyEnv)[], { autoresetMode = 'sameStep' }: SyncVectorEnvOptions = {}) {
    checkChoice('SyncVectorEnv', 'autoresetMode', autoresetMode, autoresetModes);
    this.envs = makers.map((maker) => maker());
    const first = this.envs[0];
    if (first === undefined) throw new Error('SyncVectorEnv: needs at least one env, got none');
    for (const [i, env] of this.envs.entries()) {
      checkMethods(`SyncVectorEnv: env ${i}`, env);
      checkSpaces(env);
      for (const name of ['observationSpace', 'actionSpace'] as const) {
        if (String(env[name]) !== String(first[name])) {
          throw new Error(`SyncVectorEnv: env ${i} has ${name} ${env[name]}, expected env 0's ${first[name]}`);
        }
      }
    }
    this.numEnvs = this.envs.length;
    this.autoresetMode = autoresetMode;
    this.singleObservationSpace = first.observationSpace;
    this.singleActionSpace = first.actionSpace;

    const n = this.numEnvs;
    this.#ended = new Uint8Array(n);
    const row = new Float64Array(this.singleActionSpace.size);
    this.#actions = this.envs.map((env) => env.actionSpace.read(row, 0));
    this.#result = newVectorStep(n, this.singleObservationSpace.size);
    const { singleActionSpace: space } = this;
    this.#isMultiple = space instanceof MultiDiscrete || space instanceof MultiBinary;
  }

  reset({ seed, options, mask }: VectorResetOptions = {}): [observations: Float32Array, infos: Info[]] {
    if (mask !== undefined && mask.length !== this.numEnvs) {
      throw new Error(`SyncVectorEnv.reset: mask has ${mask.length} entries, expected ${this.numEnvs}`);
    }
    const rng = seed === undefined ? undefined : new Rng(seed).split('vectorEnv');
    let i = 0;
    try {
      for (; i < this.numEnvs; i++) {
        if (mask === undefined || mask[i]) this.#resetRow(i, { seed: rng?.split(i).seed, options });
      }
    } catch (error) {
      this.#failed = i;
      throw error;
    }
    if (mask === undefined) {
      this.#steps = 0;
      this.#failed = undefined;
    }
    return [this.#result.observations, this.#result.infos];
  }

  #resetRow(i: number, options?: Parameters<AnyEnv['reset']>[0]): void {
    const result: unknown = this.envs[i]!.reset(options);
    if (!Array.isArray(result) || result.length !== 2) {
      this.#refuse(i, 'reset() must return [observation, info]', result);
    }
    const [observation, info] = result;
    if (typeof info !== 'object' || info === null) this.#refuse(i, 'reset() must give an info object', info);
    this.#writeObservation(observation, this.#result.observations, i);
    this.#result.infos[i] = info as Info;
    this.#ended[i] = 0;
  }

  #writeObservation(observation: unknown, target: Float32Array, i: number): void {
    try {
      this.singleObservationSpace.write(observation, target, i * this.singleObservationSpace.size);
    } catch (error) {
      throw new Error(`${this.#where(i)}: observation: ${(error as Error).message}`);
    }
  }

  /** @throws that an env's result is not what it must be */
  #refuse(i: number, rule: string, got: unknown): never {
    throw new Error(`${this.#where(i)}: ${rule}, got ${describe(got)}`);
  }

  #where(i: number): string {
    return `SyncVectorEnv: env ${i} (${envName(this.envs[i]!)}), step ${this.#steps}`;
  }

  /**
   * @throws before any env has moved: when `actions` has the wrong length, or one that is no action, or a finished env is stepped in the mode
   *   `'disabled'`, or an env has failed since the last `reset()`. Else what an env throws, or what is wrong with its results.
   */
  step(actions: BatchArray): VectorStep {
    const { size } = this.singleActionSpace;
    if (actions.length !== this.numEnvs * size) {
      throw new Error(`SyncVectorEnv.step: got ${actions.length} numbers, expected ${this.numEnvs} actions of ${size}`);
    }
    this.#refuseFailed();
    if (this.autoresetMode === 'disabled') this.#refuseEnded();
    this.#checkActions(actions);
    this.#steps++;
    let i = 0;
    try {
      for (; i < this.numEnvs; i++) {
        if (this.#ended[i]) this.#skipRow(i);
        else this.#stepRow(i, this.singleActionSpace.read(actions, i * size, this.#actions[i]));
      }
    } catch (error) {
      this.#failed = i;
      throw error;
    }
    return this.#result;
  }

  #refuseFailed(): void {
    if (this.#failed === undefined) return;
    const failed = `env ${this.#failed} (${envName(this.envs[this.#failed]!)}) has failed at step ${this.#steps}`;
    throw new Error(`SyncVectorEnv.step: ${failed} and the others have gone on, expected a reset() of all first`);
  }

  #refuseEnded(): void {
    const i = this.#ended.indexOf(1);
    if (i >= 0)
      throw new Error(`SyncVectorEnv.step: the episode of env ${i} has ended, expected a reset({ mask }) first`);
  }

  /** What this looks at it reads by itself: a call for each number would cost more than the look. */
  #checkActions(actions: BatchArray): void {
    const { singleActionSpace: space } = this;
    if (space instanceof Discrete) {
      const { start, n } = space;
      for (let i = 0; i < actions.length; i++) {
        const action = actions[i]!;
        if (!(action >= start && action < start + n && Math.trunc(action) === action)) this.#refuseAction(actions, i);
      }
    } else if (this.#isMultiple) {
      for (let i = 0; i < this.numEnvs; i++) this.#refuseAction(actions, i);
    } else {
      for (let k = 0; k < actions.length; k++) {
        if (Number.isNaN(actions[k]))
          this.#refuseAction(actions, Math.floor(k / space.size), 'has a NaN, expected numbers');
      }
    }
  }

  /** @throws what is wrong with an action, unless nothing is, or its env is to be reset and does not look at it */
  #refuseAction(actions: BatchArray, i: number, problem?: string): void {
    const { singleActionSpace: space } = this;
    if (this.#ended[i]) return;
    const violation = problem ?? space.violation(space.read(actions, i * space.size, this.#actions[i]));
    if (violation !== undefined) throw new Error(`SyncVectorEnv.step: the action of env ${i}: ${violation}`);
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
    if (!Array.isArray(step) || step.length !== 5) {
      this.#refuse(i, 'step() must return [observation, reward, terminated, truncated, info]', step);
    }
    // By index: destructuring goes through an iterator.
    const reward: unknown = step[1];
    const terminated: unknown = step[2];
    const truncated: unknown = step[3];
    const info: unknown = step[4];
    // −∞ < x < ∞ leaves out NaN, too.
    if (typeof reward !== 'number' || !(reward > -Infinity && reward < Infinity)) {
      this.#refuse(i, 'the reward must be a finite number', reward);
    }
    if (typeof terminated !== 'boolean') this.#refuse(i, 'terminated must be a boolean', terminated);
    if (typeof truncated !== 'boolean') this.#refuse(i, 'truncated must be a boolean', truncated);
    if (typeof info !== 'object' || info === null) this.#refuse(i, 'info must be an object', info);
    const ended = terminated || truncated;
    result.rewards[i] = reward;
    result.terminations[i] = terminated ? 1 : 0;
    result.truncations[i] = truncated ? 1 : 0;
    result.resets[i] = 0;
    result.finalInfos[i] = ended ? (info as Info) : undefined;
    if (ended) this.#writeObservation(step[0], result.finalObservations, i);
    if (ended && this.autoresetMode === 'sameStep') {
      this.#resetRow(i);
      return;
    }
    this.#writeObservation(step[0], result.observations, i);
    result.infos[i] = info as Info;
    this.#ended[i] = ended ? 1 : 0;
  }

  close(): void {
    for (const env of this.envs) env.close();
  }

  state(): SyncVectorEnvState {
    const failed = this.#failed;
    return { envs: this.envs.map(stateOf), ended: [...this.#ended], ...(failed !== undefined && { failed }) };
  }

  /** @throws when the state is of another number of envs. */
  setState(state: SyncVectorEnvState): void {
    if (state.envs.length !== this.numEnvs) {
      throw new Error(`SyncVectorEnv.setState: the state is of ${state.envs.length} envs, expected ${this.numEnvs}`);
    }
    for (const [i, env] of this.envs.entries()) restoreState(env, state.envs[i]);
    this.#ended.set(state.ended);
    this.#failed = state.failed;
  }
}
