import { note } from '../../src/options/describe.ts';
import { Rng } from '../../src/random.ts';
import type { BatchArray } from '../../src/spaces/space.ts';
import { isReward, rewardRule } from '../core/checks.ts';
import type { Info } from '../core/env.ts';
import type { GoalRewards } from '../core/goalEnv.ts';
import {
  type AutoresetMode,
  BaseVectorEnv,
  newVectorStep,
  type VectorResetOptions,
  type VectorStep,
} from '../core/vectorEnv.ts';
import { GymnasiumServer, type GymnasiumServerOptions, seedFor } from './gymnasiumServer.ts';

interface GymnasiumVectorEnvOptions
  extends Pick<GymnasiumServerOptions, 'id' | 'python' | 'options' | 'wrappers' | 'numEnvs'> {
  /** Processes that the envs are shared out to; there are never more of them than envs. */
  readonly workers: number;
  readonly autoresetMode: AutoresetMode;
}

interface GymnasiumVectorEnvState {
  /** The last observations, `[numEnvs, observationSize]`: the episodes of the state end with them. */
  observations: Float32Array<ArrayBuffer>;
  ended: number[];
  /** That of the last reset which had one, and the steps since: new episodes have seeds of their own. */
  seed?: number | string;
  steps: number;
  /** Whether one has failed, so that the others are not where it is. */
  failed?: true;
}

/** A Python process with the envs `first … first + numEnvs`. */
interface Block {
  readonly first: number;
  readonly server: GymnasiumServer;
}

/**
 * n environments of Gymnasium in one Python process, which steps them one after another: one exchange of frames a step. It gives
 * what a `SyncVectorEnv` of n {@link GymnasiumEnv} gives. With several `workers` each process has a share of the envs, in their order,
 * and all step at the same time. An env's seed depends on its place alone, so results are the same with any number.
 *
 * What Python holds of an environment is not saved. After {@link setState} the first step ends every episode where it was, truncated
 * with reward 0, and new ones begin, whose seeds depend on the seed of the last reset and the number of steps.
 */
export class GymnasiumVectorEnv extends BaseVectorEnv {
  readonly #blocks: readonly Block[];
  readonly #result: VectorStep;
  /** Whether an env has failed in a step, or while it was reset, since all were reset. */
  #hasFailed = false;
  #seed: number | string | undefined;
  #steps = 0;
  /** The state that the next step is to end, if one was restored. */
  #restored: GymnasiumVectorEnvState | undefined;

  /** @throws as {@link GymnasiumServer.start} */
  constructor({ autoresetMode, workers, ...options }: GymnasiumVectorEnvOptions) {
    const { numEnvs } = options;
    const blocks = startBlocks({ ...options, sameStep: autoresetMode === 'sameStep' }, Math.min(workers, numEnvs));
    const { server } = blocks[0]!;
    super(server.name, autoresetMode, server, new Uint8Array(numEnvs));
    this.#blocks = blocks;
    this.#result = newVectorStep(numEnvs, server.observationSpace.size);
  }

  /** @throws as {@link step}; and when the mask has the wrong length */
  reset(given?: VectorResetOptions): [observations: Float32Array, infos: Info[]] {
    const { seed, options, mask } = this.checkReset(given);
    const { numEnvs } = this;
    const rng = seed === undefined ? undefined : new Rng(seed).split('vectorEnv');
    const seeds = rng && Array.from({ length: numEnvs }, (_, i) => seedFor(rng.split(i).seed));
    const masked = mask && Array.from(mask);
    this.#blocks[0]!.server.checkOptions(options);
    try {
      forAll(this.#blocks, ({ server, first }) => {
        const end = first + server.numEnvs;
        return server.reset(seeds?.slice(first, end), options, masked?.slice(first, end));
      });
      for (const block of this.#blocks) this.#takeResets(block, mask);
      this.#checkObservations('reset', this.#result.observations, 0);
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
    if (mask === undefined) {
      this.#hasFailed = false;
      this.#restored = undefined;
    }
    if (seed !== undefined) {
      this.#seed = seed;
      this.#steps = 0;
    }
    return [this.#result.observations, this.#result.infos];
  }

  /**
   * Shapes and types were checked in Python.
   * @param rows observations, the first of which is that of environment `first`
   * @throws when a number is NaN
   */
  #checkObservations(call: 'step' | 'reset', rows: Float32Array, first: number): void {
    const at = rows.findIndex(Number.isNaN);
    if (at < 0) return;
    const { size } = this.singleObservationSpace;
    const got = `gave NaN as entry ${at % size} of the observation`;
    throw new Error(
      `${this.owner}: ${call}() of environment ${first + Math.floor(at / size)} ${got}, expected a number`,
    );
  }

  /** @throws when a reward is not finite, or a number of an observation is NaN, those that ended an episode too */
  #checkNumbers(): void {
    const { observations, rewards, finalObservations, finalInfos } = this.#result;
    const { size } = this.singleObservationSpace;
    this.#checkObservations('step', observations, 0);
    for (let i = 0; i < this.numEnvs; i++) {
      if (finalInfos[i] !== undefined) {
        this.#checkObservations('step', finalObservations.subarray(i * size, (i + 1) * size), i);
      }
      if (isReward(rewards[i])) continue;
      const got = `gave the reward ${rewards[i]}`;
      throw new Error(`${this.owner}: step() of environment ${i} ${got}, expected ${rewardRule(rewards[i])}`);
    }
  }

  #takeResets({ server, first }: Block, mask: ArrayLike<number> | undefined): void {
    const { size } = this.singleObservationSpace;
    for (let row = 0; row < server.numEnvs; row++) {
      const i = first + row;
      if (mask !== undefined && !mask[i]) continue;
      this.#result.observations.set(server.observations.subarray(row * size, (row + 1) * size), i * size);
      this.#result.infos[i] = server.infos[row]!;
      this.ended[i] = 0;
    }
  }

  /**
   * @throws before any env has moved: when `actions` has the wrong length, or one that is no action, or a finished env is stepped in the
   *   mode `'disabled'`, or an env has failed since the last `reset()`. Else what Python raised, with its traceback as the cause; and how
   *   its process has ended, if it has
   */
  step(actions: BatchArray): VectorStep {
    const { size } = this.singleActionSpace;
    // A process that has ended says so by itself.
    const hasFailed = this.#hasFailed && !this.#blocks.some(({ server }) => server.isGone);
    this.checkStep(actions, hasFailed ? 'an environment has failed' : undefined);
    if (this.#restored !== undefined) return this.#beginAnew(this.#restored);
    for (const { server, first } of this.#blocks) {
      const end = first + server.numEnvs;
      server.take(actions.subarray(first * size, end * size), this.ended.subarray(first, end));
    }
    try {
      forAll(this.#blocks, ({ server }) => server.step());
      for (const block of this.#blocks) this.#takeStep(block);
      this.#checkNumbers();
      this.#steps++;
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
    return this.#result;
  }

  #takeStep({ server, first }: Block): void {
    const result = this.#result;
    const { size } = this.singleObservationSpace;
    const end = first + server.numEnvs;
    result.observations.set(server.observations, first * size);
    result.rewards.set(server.rewards, first);
    // These were reset by this call.
    result.resets.set(this.ended.subarray(first, end), first);
    let lasts = 0;
    for (let i = first, row = 0; i < end; i++, row++) {
      const terminated = server.isTerminated(row);
      const truncated = server.isTruncated(row);
      result.terminations[i] = terminated ? 1 : 0;
      result.truncations[i] = truncated ? 1 : 0;
      result.infos[i] = server.infos[row]!;
      result.finalInfos[i] = undefined;
      this.ended[i] = 0;
      if (!terminated && !truncated) continue;
      if (this.autoresetMode === 'sameStep') {
        this.#takeFinal(i, server.lastObservations, lasts, server.lastInfos[lasts]!);
        lasts++;
      } else {
        this.#takeFinal(i, server.observations, row, server.infos[row]!);
        this.ended[i] = 1;
      }
    }
  }

  #takeFinal(i: number, observations: GymnasiumServer['observations'], row: number, info: Info): void {
    const { size } = this.singleObservationSpace;
    this.#result.finalObservations.set(observations.subarray(row * size, (row + 1) * size), i * size);
    this.#result.finalInfos[i] = info;
  }

  /** The step after {@link setState}. */
  #beginAnew({ observations, ended }: GymnasiumVectorEnvState): VectorStep {
    const { size } = this.singleObservationSpace;
    const result = this.#result;
    const rng = this.#seed === undefined ? undefined : new Rng(this.#seed).split('resumed').split(this.#steps);
    this.reset(rng && { seed: rng.seed });
    result.rewards.fill(0);
    result.terminations.fill(0);
    for (let i = 0; i < this.numEnvs; i++) {
      // What had ended is reset by this call, as it would have been.
      const isReset = ended[i] === 1;
      result.resets[i] = isReset ? 1 : 0;
      result.truncations[i] = isReset ? 0 : 1;
      result.finalInfos[i] = undefined;
      if (isReset) continue;
      this.#takeFinal(i, observations, i, {});
      if (this.autoresetMode === 'sameStep') continue;
      result.observations.set(observations.subarray(i * size, (i + 1) * size), i * size);
      this.ended[i] = 1;
    }
    return result;
  }

  /** By the first environment, whose `compute_reward` and, if it has one, `compute_terminated` get the goals. @throws what Python raised */
  computeRewards(achievedGoals: Float32Array, desiredGoals: Float32Array): GoalRewards {
    return this.#blocks[0]!.server.computeRewards(achievedGoals, desiredGoals);
  }

  state(): GymnasiumVectorEnvState {
    if (this.#restored !== undefined) return structuredClone(this.#restored);
    return {
      observations: this.#result.observations.slice(),
      ended: [...this.ended],
      ...(this.#seed !== undefined && { seed: this.#seed }),
      steps: this.#steps,
      ...(this.#hasFailed && { failed: true }),
    };
  }

  /** Says once that the episodes of the state do not go on. @throws when the state is of another number of environments, or none */
  setState(state: GymnasiumVectorEnvState): void {
    const { observations, ended, seed, steps, failed } = state ?? {};
    const { numEnvs } = this;
    const size = numEnvs * this.singleObservationSpace.size;
    if (!(observations instanceof Float32Array) || !Array.isArray(ended) || !Number.isSafeInteger(steps)) {
      throw new Error(`${this.owner}: setState() got something else than a state of ${numEnvs} envs`);
    }
    if (ended.length !== numEnvs || observations.length !== size) {
      throw new Error(`${this.owner}: the state is of ${ended.length} envs, expected ${numEnvs}`);
    }
    this.#restored = structuredClone(state);
    this.#seed = seed;
    this.#steps = steps;
    this.ended.set(ended);
    this.#hasFailed = failed === true;
    note(`${this.owner}: new episodes begin, since the state of an environment in Python is not saved`);
  }

  close(): void {
    forAll(this.#blocks, ({ server }) => server.close());
  }
}

/** As many envs in each process, or one more in the first of them. */
function startBlocks(options: GymnasiumServerOptions, workers: number): Block[] {
  const { numEnvs } = options;
  const firsts = Array.from({ length: workers + 1 }, (_, k) => Math.ceil((k * numEnvs) / workers));
  const started = new Set<GymnasiumServer>();
  try {
    return forAll(firsts.slice(0, -1), (first, k) => {
      const made = GymnasiumServer.start({ ...options, first, numEnvs: firsts[k + 1]! - first });
      return () => {
        const server = made();
        started.add(server);
        return { first, server };
      };
    });
  } catch (error) {
    for (const server of started) server.close()();
    throw error;
  }
}

/**
 * Asks all before it waits for the first answer, and waits for every one that was asked, so that none is left over for the next call.
 * @throws the first error
 */
function forAll<T, R>(all: readonly T[], ask: (x: T, k: number) => () => R): R[] {
  if (all.length === 1) return [ask(all[0]!, 0)()];
  const errors: unknown[] = [];
  const attempt = <A>(act: () => A): A | undefined => {
    try {
      return act();
    } catch (error) {
      errors.push(error);
      return undefined;
    }
  };
  const asked = all.map((x, k) => attempt(() => ask(x, k)));
  const answers = asked.map((answer) => answer && attempt(answer));
  if (errors.length > 0) throw errors[0];
  return answers as R[];
}
