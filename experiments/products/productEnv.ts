import type { AnyEnv, Env, Info, ResetOptions, ResetResult, StepResult } from '../../envs/core/env.ts';
import { Rng } from '../../src/random.ts';
import { Box } from '../../src/spaces/box.ts';

/** What {@link ProductEnv} tells beside the observation. */
export interface ProductInfo extends Info {
  /** The outcomes of all parts once the last has ended, each word once, in alphabetical order: `'drowned and home'`. */
  outcome: string | undefined;
  /** The info of each part; of one that has ended, its last. */
  parts: Info[];
}

type Lake = Env<Float32Array, Float32Array>;

interface Part {
  readonly env: Lake;
  observation: Float32Array;
  info: Info;
  ended: 'terminated' | 'truncated' | null;
}

/**
 * Several environments at once, as one: the parts know nothing of each other, and each goes as it would alone.
 *
 * - Observation and action: those of the parts, one behind the other, `[Σ sizes]`.
 * - Reward: the sum of the parts' rewards.
 * - A part whose episode has ended waits for the others: its observation stays its last, its reward is 0, what is asked of it does nothing.
 *   So what comes of a part does not depend on the others, as it would if the first to end ended all.
 * - Terminated: every part has. Truncated: every part has ended, at least one by a truncation alone, in which something may be left to earn.
 * - Part i is seeded with a stream of its own, named i, split from the seed of `reset`.
 * - The infos: `{ outcome, parts }`, {@link ProductInfo}.
 */
export class ProductEnv implements Env<Float32Array, Float32Array> {
  readonly observationSpace: Box;
  readonly actionSpace: Box;
  readonly spec = undefined;
  readonly unwrapped = this as unknown as AnyEnv;
  readonly #parts: readonly Part[];

  /** @param makers one function for each part, whose observations and actions are float32 boxes */
  constructor(makers: readonly (() => Lake)[]) {
    this.#parts = makers.map((make) => ({ env: make(), observation: new Float32Array(), info: {}, ended: null }));
    const productOf = (boxes: readonly Box[]) =>
      new Box({ low: boxes.flatMap(({ low }) => [...low]), high: boxes.flatMap(({ high }) => [...high]) });
    this.observationSpace = productOf(this.#parts.map(({ env }) => env.observationSpace as Box));
    this.actionSpace = productOf(this.#parts.map(({ env }) => env.actionSpace as Box));
  }

  reset({ seed, options }: ResetOptions = {}): ResetResult {
    const rng = seed === undefined ? undefined : new Rng(seed).split('productEnv');
    for (const [i, part] of this.#parts.entries()) {
      const [observation, info] = part.env.reset({ seed: rng?.split(i).seed, options });
      Object.assign(part, { observation, info, ended: null });
    }
    return [this.#observation(), this.#info()];
  }

  step(action: Float32Array): StepResult {
    let [sum, offset] = [0, 0];
    for (const part of this.#parts) {
      const own = action.subarray(offset, offset + part.env.actionSpace.size);
      offset += own.length;
      if (part.ended !== null) continue;
      const [observation, reward, terminated, truncated, info] = part.env.step(own);
      sum += reward;
      Object.assign(part, { observation, info, ended: terminated ? 'terminated' : truncated ? 'truncated' : null });
    }
    const haveTerminated = this.#parts.every(({ ended }) => ended === 'terminated');
    return [this.#observation(), sum, haveTerminated, this.#haveEnded() && !haveTerminated, this.#info()];
  }

  #haveEnded(): boolean {
    return this.#parts.every(({ ended }) => ended !== null);
  }

  #observation(): Float32Array {
    return Float32Array.from(this.#parts.flatMap(({ observation }) => [...observation]));
  }

  #info(): ProductInfo {
    const outcomes = this.#parts.flatMap(({ info }) => info.outcome ?? []);
    const outcome = this.#haveEnded() && outcomes.length > 0 ? [...new Set(outcomes)].sort().join(' and ') : undefined;
    return { outcome, parts: this.#parts.map(({ info }) => info) };
  }

  close(): void {
    for (const { env } of this.#parts) env.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
