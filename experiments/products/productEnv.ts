import { checkMethods, checkResetOptions, checkSpaces } from '../../envs/core/checks.ts';
import {
  type AnyEnv,
  type Env,
  type EnvSpec,
  type Info,
  type ResetOptions,
  type ResetResult,
  restoreState,
  type StepResult,
  stateOf,
} from '../../envs/core/env.ts';
import { show } from '../../src/options/describe.ts';
import { checkArgument } from '../../src/options/parse.ts';
import { Rng } from '../../src/random.ts';
import { Box } from '../../src/spaces/box.ts';

/** What {@link ProductEnv} tells beside the observation. */
export interface ProductInfo extends Info {
  /** The outcomes of all parts once the last has ended, each word once, in alphabetical order: `'drowned and home'`. */
  outcome: string | undefined;
  /** The info of each part; of one that has ended, its last. */
  parts: Info[];
}

interface ProductState {
  parts: unknown[];
  /** What each part shows: its observation, its info, and how it ended, if it did. */
  shown: { observation: number[]; info: Info; ended: Ended }[];
}

type Ended = 'terminated' | 'truncated' | null;

interface Part {
  readonly env: Env<Float32Array, Float32Array>;
  /** Where its numbers begin in an observation, and in an action. */
  readonly observationOffset: number;
  readonly actionOffset: number;
  observation: Float32Array;
  info: Info;
  ended: Ended;
}

/**
 * Several environments at once, as one: the parts know nothing of each other, and each goes as it would alone.
 *
 * - Observation and action: those of the parts, one behind the other, `[Σ sizes]`, row-major where a part's have another shape.
 * - Reward: the sum of the parts' rewards.
 * - A part whose episode has ended waits for the others: its observation stays its last, its reward is 0, what is asked of it does nothing.
 *   So what comes of a part does not depend on the others, as it would if the first to end ended all.
 * - Terminated: every part has. Truncated: every part has ended, at least one by a truncation alone, in which something may be left to earn.
 * - Part i is seeded with a stream of its own, named i, split from the seed of `reset`. Its options are those of all.
 * - The infos are plain data, which structuredClone takes: `{ outcome, parts }`, {@link ProductInfo}.
 */
export class ProductEnv implements Env<Float32Array, Float32Array> {
  readonly observationSpace: Box;
  readonly actionSpace: Box;
  spec: EnvSpec | undefined;
  readonly #parts: readonly Part[];

  /**
   * @param makers one function for each part
   * @throws when there are none, one makes no environment, or one whose observations or actions are no float32 `Box`
   */
  constructor(makers: readonly (() => unknown)[]) {
    checkArgument('ProductEnv', 'makers', makers, Array);
    for (const [i, maker] of makers.entries()) checkArgument('ProductEnv', `makers.${i}`, maker, Function);
    if (makers.length === 0) throw new Error('ProductEnv: needs at least one env, got none');
    const envs = makers.map((maker, i) => {
      const env = maker() as Env<Float32Array, Float32Array>;
      checkMethods(`ProductEnv: env ${i}`, env as AnyEnv);
      checkSpaces(env as AnyEnv);
      return env;
    });
    this.observationSpace = productOf('observations', envs);
    this.actionSpace = productOf('actions', envs);
    let [observationOffset, actionOffset] = [0, 0];
    this.#parts = envs.map((env) => {
      const part: Part = {
        ...{ env, observationOffset, actionOffset },
        ...{ observation: new Float32Array(env.observationSpace.size), info: {}, ended: null },
      };
      observationOffset += env.observationSpace.size;
      actionOffset += env.actionSpace.size;
      return part;
    });
  }

  get unwrapped(): AnyEnv {
    return this as unknown as AnyEnv;
  }

  /** The parts, in their order. */
  get envs(): readonly Env<Float32Array, Float32Array>[] {
    return this.#parts.map(({ env }) => env);
  }

  reset(given?: ResetOptions): ResetResult {
    checkResetOptions('ProductEnv', given);
    const { seed, options } = given ?? {};
    const rng = seed === undefined ? undefined : new Rng(seed).split('productEnv');
    for (const [i, part] of this.#parts.entries()) {
      const [observation, info] = part.env.reset({ seed: rng?.split(i).seed, options });
      Object.assign(part, { observation, info, ended: null });
    }
    return [this.#observation(), this.#info()];
  }

  /** @throws for an action of another length, and whatever a part throws; the parts before it have then made their step */
  step(action: Float32Array): StepResult {
    const { size } = this.actionSpace;
    if (!(action instanceof Float32Array) || action.length !== size) {
      throw new Error(`ProductEnv: step() got the action ${show(action)}, expected a Float32Array of ${size}`);
    }
    let sum = 0;
    for (const part of this.#parts) {
      if (part.ended !== null) continue;
      const { env, actionOffset } = part;
      const own = action.subarray(actionOffset, actionOffset + env.actionSpace.size);
      const [observation, reward, terminated, truncated, info] = env.step(own);
      sum += reward;
      part.observation = observation;
      part.info = info;
      part.ended = terminated ? 'terminated' : truncated ? 'truncated' : null;
    }
    const haveEnded = this.#parts.every(({ ended }) => ended !== null);
    const haveTerminated = this.#parts.every(({ ended }) => ended === 'terminated');
    return [this.#observation(), sum, haveTerminated, haveEnded && !haveTerminated, this.#info()];
  }

  #observation(): Float32Array {
    const observation = new Float32Array(this.observationSpace.size);
    for (const part of this.#parts) observation.set(part.observation, part.observationOffset);
    return observation;
  }

  #info(): ProductInfo {
    const haveEnded = this.#parts.every(({ ended }) => ended !== null);
    const outcomes = this.#parts.flatMap(({ info }) => info.outcome ?? []);
    const outcome = haveEnded && outcomes.length > 0 ? [...new Set(outcomes)].sort().join(' and ') : undefined;
    // What is kept for later calls is not given out.
    return { outcome, parts: this.#parts.map(({ info, ended }) => (ended === null ? info : structuredClone(info))) };
  }

  close(): void {
    for (const { env } of this.#parts) env.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @throws when a part cannot give its state */
  state(): ProductState {
    return {
      parts: this.#parts.map(({ env }) => stateOf(env as AnyEnv)),
      shown: this.#parts.map(({ observation, info, ended }) => ({ observation: [...observation], info, ended })),
    };
  }

  /** @throws when the state is of another number of parts, or a part cannot take its own */
  setState({ parts, shown }: ProductState): void {
    if (parts.length !== this.#parts.length) {
      throw new Error(`ProductEnv.setState: the state is of ${parts.length} envs, expected ${this.#parts.length}`);
    }
    for (const [i, part] of this.#parts.entries()) {
      restoreState(part.env as AnyEnv, parts[i]);
      const { observation, info, ended } = shown[i]!;
      Object.assign(part, { observation: Float32Array.from(observation), info: structuredClone(info), ended });
    }
  }
}

/** The box of all parts' numbers, one behind the other. @throws if a part has another space */
function productOf(what: 'observations' | 'actions', envs: readonly Env<Float32Array, Float32Array>[]): Box {
  const boxes = envs.map(({ observationSpace, actionSpace }, i) => {
    const space: unknown = what === 'observations' ? observationSpace : actionSpace;
    if (space instanceof Box && space.dtype === 'float32') return space as Box;
    throw new Error(`ProductEnv: env ${i}: needs a float32 Box of ${what}, got ${space}`);
  });
  return new Box({ low: boxes.flatMap(({ low }) => [...low]), high: boxes.flatMap(({ high }) => [...high]) });
}
