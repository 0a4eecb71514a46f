import { Rng } from '../../src/random.ts';
import { checkResetResult, checkStepResult } from '../core/checks.ts';
import type { AnyEnv, Info, ResetResult, StepResult } from '../core/env.ts';
import type { BatchArray, Space } from '../core/spaces/space.ts';
import {
  type AutoresetMode,
  newVectorStep,
  type VectorEnv,
  type VectorResetOptions,
  type VectorStep,
} from '../core/vectorEnv.ts';
import { GymnasiumServer, type GymnasiumServerOptions } from './gymnasiumServer.ts';
import { seedFor } from './seedFor.ts';

export interface GymnasiumVectorEnvOptions
  extends Pick<GymnasiumServerOptions, 'id' | 'python' | 'options' | 'numEnvs'> {
  readonly autoresetMode: AutoresetMode;
  readonly disableEnvChecker: boolean;
}

interface GymnasiumVectorEnvState {
  envs: string;
  ended: number[];
}

/**
 * n environments of Gymnasium in one Python process, which steps them one after another: one exchange of frames a step. It gives
 * what a `SyncVectorEnv` of n {@link GymnasiumEnv} gives.
 */
export class GymnasiumVectorEnv implements VectorEnv {
  readonly numEnvs: number;
  readonly autoresetMode: AutoresetMode;
  readonly singleObservationSpace: Space;
  readonly singleActionSpace: Space;
  readonly #server: GymnasiumServer;
  readonly #result: VectorStep;
  /** Rows whose episode has ended and whose env has not been reset since. */
  readonly #ended: Uint8Array;
  #checksReset: boolean;
  #checksStep: boolean;

  /** @throws as {@link GymnasiumServer} */
  constructor({ autoresetMode, disableEnvChecker, ...options }: GymnasiumVectorEnvOptions) {
    const n = options.numEnvs;
    this.#server = new GymnasiumServer({ ...options, sameStep: autoresetMode === 'sameStep' });
    this.numEnvs = n;
    this.autoresetMode = autoresetMode;
    this.singleObservationSpace = this.#server.observationSpace;
    this.singleActionSpace = this.#server.actionSpace;
    this.#ended = new Uint8Array(n);
    this.#checksReset = !disableEnvChecker;
    this.#checksStep = !disableEnvChecker;
    this.#result = newVectorStep(n, this.singleObservationSpace.size);
  }

  /** @throws as {@link step}; and when the mask has the wrong length */
  reset({ seed, options, mask }: VectorResetOptions = {}): [observations: Float32Array, infos: Info[]] {
    const { numEnvs } = this;
    if (mask !== undefined && mask.length !== numEnvs) {
      throw new Error(`${this.#server.name}: reset() got a mask of ${mask.length} entries, expected ${numEnvs}`);
    }
    const rng = seed === undefined ? undefined : new Rng(seed).split('vectorEnv');
    const seeds = rng && Array.from({ length: numEnvs }, (_, i) => seedFor(rng.split(i).seed));
    this.#server.reset({ seeds, options, mask });
    for (let i = 0; i < numEnvs; i++) if (mask === undefined || mask[i]) this.#takeReset(i);
    this.#checkNumbers('reset');
    if (this.#checksReset) this.#checkRows((row, i) => checkResetResult(row, this.#resetResult(i)));
    this.#checksReset = false;
    return [this.#result.observations, this.#result.infos];
  }

  /** Shapes and types were checked in Python. @throws when a number of an observation is NaN, or a reward is not finite */
  #checkNumbers(call: 'step' | 'reset'): void {
    const { observations, rewards } = this.#result;
    const at = observations.findIndex(Number.isNaN);
    const { size } = this.singleObservationSpace;
    if (at >= 0) {
      const entry = `entry ${at % size} of the observation`;
      throw new Error(
        `${this.#server.name}: ${call}() of environment ${Math.floor(at / size)} gave NaN as ${entry}, expected a number`,
      );
    }
    const row = rewards.findIndex((reward) => !Number.isFinite(reward));
    if (row < 0) return;
    const got = `gave the reward ${rewards[row]}`;
    throw new Error(`${this.#server.name}: ${call}() of environment ${row} ${got}, expected a finite number`);
  }

  #takeReset(i: number): void {
    const { size } = this.singleObservationSpace;
    const row = this.#server.observations.subarray(i * size, (i + 1) * size);
    this.#result.observations.set(row, i * size);
    this.#result.infos[i] = this.#server.infos[i]!;
    this.#ended[i] = 0;
  }

  /**
   * @throws when `actions` has the wrong length, or a finished env is stepped in the mode `'disabled'`; what Python raised, with
   *   its traceback as the cause; and how its process has ended, if it has
   */
  step(actions: BatchArray): VectorStep {
    const { numEnvs } = this;
    const { size } = this.singleActionSpace;
    if (actions.length !== numEnvs * size) {
      throw new Error(
        `${this.#server.name}: step() got ${actions.length} numbers, expected ${numEnvs} actions of ${size}`,
      );
    }
    if (this.autoresetMode === 'disabled') this.#refuseEnded();
    this.#server.step(actions, this.#ended);
    this.#takeStep();
    this.#checkNumbers('step');
    if (this.#checksStep) this.#checkRows((row, i) => checkStepResult(row, this.#stepResult(i)));
    this.#checksStep = false;
    return this.#result;
  }

  #refuseEnded(): void {
    const i = this.#ended.indexOf(1);
    if (i < 0) return;
    const expected = 'expected a reset({ mask }) first';
    throw new Error(`${this.#server.name}: step() after the episode of env ${i} has ended, ${expected}`);
  }

  #takeStep(): void {
    const result = this.#result;
    const server = this.#server;
    result.observations.set(server.observations);
    result.rewards.set(server.rewards);
    // These were reset by this call.
    result.resets.set(this.#ended);
    let lasts = 0;
    for (let i = 0; i < this.numEnvs; i++) {
      const terminated = server.isTerminated(i);
      const truncated = server.isTruncated(i);
      result.terminations[i] = terminated ? 1 : 0;
      result.truncations[i] = truncated ? 1 : 0;
      result.infos[i] = server.infos[i]!;
      result.finalInfos[i] = undefined;
      this.#ended[i] = 0;
      if (!terminated && !truncated) continue;
      if (this.autoresetMode === 'sameStep') {
        this.#takeFinal(i, server.lastObservations, lasts, server.lastInfos[lasts]!);
        lasts++;
      } else {
        this.#takeFinal(i, server.observations, i, server.infos[i]!);
        this.#ended[i] = 1;
      }
    }
  }

  #takeFinal(i: number, observations: GymnasiumServer['observations'], row: number, info: Info): void {
    const { size } = this.singleObservationSpace;
    this.#result.finalObservations.set(observations.subarray(row * size, (row + 1) * size), i * size);
    this.#result.finalInfos[i] = info;
  }

  #resetResult(i: number): ResetResult<unknown> {
    const { size } = this.singleObservationSpace;
    const observation = this.singleObservationSpace.read(this.#server.observations as BatchArray, i * size);
    return [observation, this.#server.infos[i]!];
  }

  #stepResult(i: number): StepResult<unknown> {
    const [observation, info] = this.#resetResult(i);
    const { rewards, terminations, truncations } = this.#result;
    return [observation, rewards[i]!, terminations[i] === 1, truncations[i] === 1, info];
  }

  /** Calls a check for each row, as if it were of an env alone. */
  #checkRows(check: (row: AnyEnv, i: number) => void): void {
    const { name: id, observationSpace } = this.#server;
    const row = { spec: { id }, observationSpace } as AnyEnv;
    for (let i = 0; i < this.numEnvs; i++) check(row, i);
  }

  /** @throws if an environment cannot be saved, and why */
  state(): GymnasiumVectorEnvState {
    return { envs: this.#server.state(), ended: [...this.#ended] };
  }

  /** @throws when the state is of other environments, or of another number of them */
  setState({ envs, ended }: GymnasiumVectorEnvState): void {
    if (ended.length !== this.numEnvs) {
      throw new Error(`${this.#server.name}: the state is of ${ended.length} envs, expected ${this.numEnvs}`);
    }
    this.#server.setState(envs);
    this.#ended.set(ended);
  }

  close(): void {
    this.#server.close();
  }
}
