import { checkCount, checkOptions } from '../../src/options/parse.ts';
import { chunkBox } from '../../src/policies/actionChunks.ts';
import { Box } from '../../src/spaces/box.ts';
import type { BatchArray } from '../../src/spaces/space.ts';
import { checkRange } from './options.ts';
import { newVectorStep, type VectorEnv, type VectorStep, VectorWrapper } from './vectorEnv.ts';

/** Options of {@link ActionChunkVectorEnv}. */
interface ActionChunkVectorEnvOptions {
  /** h, how many actions a chunk has. */
  readonly length: number;
  /** m ≤ h, how many of them are made; h by default. */
  readonly execute?: number | undefined;
  /** γ, the discount of a step; 1 by default. */
  readonly gamma?: number | undefined;
}

/**
 * Takes a chunk of the next h actions of each env at once, `[n, h · actionSize]` action after action, and makes the first m of them: one step
 * of it is m steps of the envs inside, or k < m where an episode ends by the k-th. Its reward is R = Σᵢ γⁱ rᵢ, and what comes after it counts
 * γᵏ: a semi-Markov decision process. `lengths` of a step has k, and `returns` the sum of the rewards, undiscounted.
 *
 * All envs step together. One whose episode ends early goes on idly until all have made their m steps, or all have ended, and is then reset:
 * what it does meanwhile nobody sees. A single env never idles.
 *
 * Sutton, Precup & Singh, "Between MDPs and semi-MDPs: A framework for temporal abstraction in reinforcement learning", 1999.
 */
export class ActionChunkVectorEnv extends VectorWrapper {
  /** m */
  readonly execute: number;
  override readonly singleActionSpace: Box;
  readonly #gamma: number;
  /** How many numbers an action has, and a chunk of them. */
  readonly #size: number;
  readonly #width: number;
  readonly #actions: Float32Array;
  readonly #result;

  /** @throws when the actions are no `Box`, an option is out of range, or the envs do not reset in the step that ends an episode */
  constructor(env: VectorEnv, options: ActionChunkVectorEnvOptions) {
    super(env);
    const owner = 'ActionChunkVectorEnv';
    const {
      length,
      gamma = 1,
      execute = length,
    } = checkOptions(owner, options, {
      length: Number,
      execute: [Number, undefined],
      gamma: [Number, undefined],
    });
    checkCount(owner, 'length', length);
    checkCount(owner, 'execute', execute);
    if (execute > length)
      throw new Error(`${owner}: execute: got ${execute}, expected at most the ${length} of a chunk`);
    checkRange(owner, 'gamma', gamma, 0, 1);
    const { singleActionSpace: space, autoresetMode, numEnvs } = env;
    if (!(space instanceof Box)) throw new Error(`${owner}: needs a Box of actions, got ${space}`);
    if (autoresetMode !== 'sameStep') {
      throw new Error(`${owner}: wanted envs with autoresetMode 'sameStep', got '${autoresetMode}'`);
    }
    this.execute = execute;
    this.singleActionSpace = new Box({ ...chunkBox(space, length), dtype: space.dtype });
    this.#gamma = gamma;
    this.#size = space.size;
    this.#width = length * space.size;
    this.#actions = new Float32Array(numEnvs * space.size);
    this.#result = {
      ...newVectorStep(numEnvs, env.singleObservationSpace.size),
      lengths: new Int32Array(numEnvs),
      returns: new Float64Array(numEnvs),
    };
  }

  /** γᵐ, of a step in which no episode ends. */
  get discount(): number {
    return power(this.#gamma, this.execute);
  }

  /** @throws as the env inside, and unless there are as many numbers as all chunks have */
  override step(actions: BatchArray): VectorStep {
    const { numEnvs } = this;
    const [size, width, result] = [this.#size, this.#width, this.#result];
    if (actions.length !== numEnvs * width) {
      const expected = `expected ${numEnvs} chunks of ${width}`;
      throw new Error(`ActionChunkVectorEnv.step: got ${actions.length} numbers, ${expected}`);
    }
    const { rewards, returns, lengths, terminations, truncations, finalInfos } = result;
    for (const sums of [rewards, returns, lengths, terminations, truncations]) sums.fill(0);
    finalInfos.fill(undefined);
    let left = numEnvs;
    let discount = 1;
    let step: VectorStep | undefined;
    for (let k = 0; k < this.execute && left > 0; k++) {
      for (let i = 0; i < numEnvs; i++) {
        for (let j = 0; j < size; j++) this.#actions[i * size + j] = actions[i * width + k * size + j]!;
      }
      step = this.env.step(this.#actions);
      for (let i = 0; i < numEnvs; i++) {
        if (finalInfos[i] !== undefined) continue;
        rewards[i]! += discount * step.rewards[i]!;
        returns[i]! += step.rewards[i]!;
        lengths[i]! += 1;
        if (!step.terminations[i] && !step.truncations[i]) continue;
        left -= 1;
        this.#end(i, step);
      }
      discount *= this.#gamma;
    }
    const { observations, infos } = this.#afterIdling(step!);
    return { ...result, observations, infos };
  }

  /** Keeps how an episode has ended. */
  #end(i: number, { terminations, truncations, finalObservations, finalInfos }: VectorStep): void {
    const result = this.#result;
    const { size } = this.singleObservationSpace;
    result.terminations[i] = terminations[i]!;
    result.truncations[i] = truncations[i]!;
    result.finalInfos[i] = finalInfos[i]!;
    result.finalObservations.set(finalObservations.subarray(i * size, (i + 1) * size), i * size);
  }

  /** What the next actions are chosen from: the envs that have idled begin an episode. */
  #afterIdling(last: VectorStep): Pick<VectorStep, 'observations' | 'infos'> {
    const { lengths } = this.#result;
    const most = lengths.reduce((a, b) => Math.max(a, b));
    const mask = lengths.map((length) => (length < most ? 1 : 0));
    if (!mask.includes(1)) return last;
    const [observations, infos] = this.env.reset({ mask });
    return { observations, infos };
  }
}

/** γᵏ, what counts that comes after a step of an environment: k is 1, or of a chunk of actions how many of them were made. */
export function discountAfter(gamma: number, { lengths }: Pick<VectorStep, 'lengths'>, env: number): number {
  return power(gamma, lengths?.[env] ?? 1);
}

/** How many steps the environments made in one step, the idle ones included. */
export function stepsMade({ rewards, lengths }: VectorStep): number {
  return rewards.length * (lengths?.reduce((a, b) => Math.max(a, b)) ?? 1);
}

function power(gamma: number, steps: number): number {
  let discount = 1;
  for (let k = 0; k < steps; k++) discount *= gamma;
  return discount;
}
