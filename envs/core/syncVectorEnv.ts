import { Rng } from '../../src/random.ts';
import type { AnyEnv, Info } from './env.ts';
import { checkChoice } from './options.ts';
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
}

/** Steps its envs one after another in this thread: the right choice where a step costs microseconds. */
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

  /**
   * @param makers one function for each env; all must give envs of the same spaces.
   * @throws when there are none, the autoreset mode is unknown, or the spaces differ.
   */
  constructor(makers: readonly (() => AnyEnv)[], { autoresetMode = 'nextStep' }: SyncVectorEnvOptions = {}) {
    checkChoice('SyncVectorEnv', 'autoresetMode', autoresetMode, autoresetModes);
    this.envs = makers.map((maker) => maker());
    const first = this.envs[0];
    if (first === undefined) throw new Error('SyncVectorEnv: needs at least one env, got none');
    for (const [i, env] of this.envs.entries()) {
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
  }

  reset({ seed, options, mask }: VectorResetOptions = {}): [observations: Float32Array, infos: Info[]] {
    if (mask !== undefined && mask.length !== this.numEnvs) {
      throw new Error(`SyncVectorEnv.reset: mask has ${mask.length} entries, expected ${this.numEnvs}`);
    }
    const rng = seed === undefined ? undefined : new Rng(seed).split('vectorEnv');
    for (let i = 0; i < this.numEnvs; i++) {
      if (mask === undefined || mask[i]) this.#resetRow(i, { seed: rng?.split(i).seed, options });
    }
    return [this.#result.observations, this.#result.infos];
  }

  #resetRow(i: number, options?: Parameters<AnyEnv['reset']>[0]): void {
    const [observation, info] = this.envs[i]!.reset(options);
    this.#writeObservation(observation, this.#result.observations, i);
    this.#result.infos[i] = info;
    this.#ended[i] = 0;
  }

  #writeObservation(observation: unknown, target: Float32Array, i: number): void {
    this.singleObservationSpace.write(observation, target, i * this.singleObservationSpace.size);
  }

  /** @throws when `actions` has the wrong length, or a finished env is stepped in the mode `'disabled'`. */
  step(actions: BatchArray): VectorStep {
    const { size } = this.singleActionSpace;
    if (actions.length !== this.numEnvs * size) {
      throw new Error(`SyncVectorEnv.step: got ${actions.length} numbers, expected ${this.numEnvs} actions of ${size}`);
    }
    for (let i = 0; i < this.numEnvs; i++) {
      if (this.#ended[i]) this.#skipRow(i);
      else this.#stepRow(i, this.singleActionSpace.read(actions, i * size, this.#actions[i]));
    }
    return this.#result;
  }

  /** The call after an episode's end, where the mode is `'nextStep'`. */
  #skipRow(i: number): void {
    if (this.autoresetMode === 'disabled') {
      throw new Error(`SyncVectorEnv.step: the episode of env ${i} has ended, expected a reset({ mask }) first`);
    }
    this.#resetRow(i);
    this.#result.rewards[i] = 0;
    this.#result.terminations[i] = 0;
    this.#result.truncations[i] = 0;
    this.#result.resets[i] = 1;
    this.#result.finalInfos[i] = undefined;
  }

  #stepRow(i: number, action: unknown): void {
    const result = this.#result;
    const [observation, reward, terminated, truncated, info] = this.envs[i]!.step(action);
    const ended = terminated || truncated;
    result.rewards[i] = reward;
    result.terminations[i] = terminated ? 1 : 0;
    result.truncations[i] = truncated ? 1 : 0;
    result.resets[i] = 0;
    result.finalInfos[i] = ended ? info : undefined;
    if (ended) this.#writeObservation(observation, result.finalObservations, i);
    if (ended && this.autoresetMode === 'sameStep') {
      this.#resetRow(i);
      return;
    }
    this.#writeObservation(observation, result.observations, i);
    result.infos[i] = info;
    this.#ended[i] = ended ? 1 : 0;
  }

  close(): void {
    for (const env of this.envs) env.close();
  }

  state(): SyncVectorEnvState {
    return { envs: this.envs.map(stateOf), ended: [...this.#ended] };
  }

  /** @throws when the state is of another number of envs. */
  setState(state: SyncVectorEnvState): void {
    if (state.envs.length !== this.numEnvs) {
      throw new Error(`SyncVectorEnv.setState: the state is of ${state.envs.length} envs, expected ${this.numEnvs}`);
    }
    for (const [i, env] of this.envs.entries()) restoreState(env, state.envs[i]);
    this.#ended.set(state.ended);
  }
}
