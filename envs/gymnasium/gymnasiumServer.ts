import { z } from 'zod';
import { show } from '../../src/options/describe.ts';
import { Rng } from '../../src/random.ts';
import { Box, type BoxDtype } from '../../src/spaces/box.ts';
import { Dict, Tuple } from '../../src/spaces/composite.ts';
import { Discrete, MultiBinary, MultiDiscrete } from '../../src/spaces/discrete.ts';
import type { Space } from '../../src/spaces/space.ts';
import { Text } from '../../src/spaces/text.ts';
import type { Info, Seed } from '../core/env.ts';
import { type GoalRewards, goalSpace } from '../core/goalEnv.ts';
import { autoresetModes, NUM_ENVS_LIMIT } from '../core/vectorEnv.ts';
import { Frame, HEADER_BYTES, NUMBERS, PythonProcess, requests } from './pythonProcess.ts';

/** As in `oxbow_server.py`. */
const TERMINATED = 1;
const TRUNCATED = 2;

/** The types in which values travel. */
const wireArrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array };
type WireArray = InstanceType<(typeof wireArrays)[keyof typeof wireArrays]>;
type WireConstructor = (typeof wireArrays)[keyof typeof wireArrays];

/** A description that says how its values travel; a text alone has no numbers to send. */
function wireArrayOf(described: SpaceDescription): WireConstructor {
  return described.type === 'Text' ? Uint8Array : wireArrays[described.dtype];
}

export interface GymnasiumServerOptions {
  /** As Gymnasium knows it. */
  readonly id: string;
  /** The interpreter. */
  readonly python: string;
  readonly numEnvs: number;
  /** What the first of them is called in errors; 0 by default. */
  readonly first?: number;
  /** Whether an env whose episode has ended is reset in the same step. */
  readonly sameStep: boolean;
  /** Whether {@link GymnasiumServer.texts} are wanted. */
  readonly texts?: boolean;
  /** Keyword arguments of `gymnasium.make`. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Wrappers, from the inner to the outer one, with their keyword arguments. */
  readonly wrappers: readonly (readonly [name: string, options: Readonly<Record<string, unknown>>])[];
}

interface Description {
  readonly actionSpace: SpaceDescription;
  readonly observationSpace: SpaceDescription;
  readonly maxEpisodeSteps: number | null;
  readonly rewardThreshold: number | null;
}

/** Most infos are empty. */
const noInfo: Info = Object.freeze({});

/**
 * n environments of Gymnasium in a Python process of their own. Its protocol is in `oxbow_server.py`. What the last reset or step
 * gave can be read until the next request; row i belongs to env i. Each call sends its request at once, and gives what waits for the
 * answer, so that several processes can work side by side.
 */
export class GymnasiumServer {
  /** Its id here, for errors. */
  readonly name: string;
  readonly numEnvs: number;
  readonly actionSpace: Space;
  readonly observationSpace: Space;
  /** Steps after which Gymnasium truncates; undefined: never. */
  readonly maxEpisodeSteps: number | undefined;
  readonly rewardThreshold: number | undefined;

  /** `[n]` */
  rewards = new Float64Array(0);
  /** `[n, observationSize]` */
  observations: WireArray;
  /** `[n]` */
  readonly infos: Info[];
  /** Where `sameStep` and episodes ended: their last observations, row after row. */
  lastObservations: WireArray;
  /** Their last infos. */
  lastInfos: readonly Info[] = [];
  /** `[n]`, the texts of each observation, where they are wanted. */
  texts: readonly (readonly string[])[] = [];
  /** The names of infos that come as numbers. */
  #infoKeys: readonly string[] = [];

  readonly #sameStep: boolean;
  readonly #python: PythonProcess;
  readonly #step: Frame;
  readonly #actions: WireArray;
  readonly #skips: Uint8Array;
  readonly #Observations: WireConstructor;
  readonly #hasIntegerActions: boolean;
  #flags = new Uint8Array(0);

  /**
   * Starts a process.
   * @returns waits until its environments are made
   * @throws at once, or from what waits: one line for what is missing, unknown or unsupported, as Python, Gymnasium, the env or a
   *   package of it, its spaces
   */
  static start(options: GymnasiumServerOptions): () => GymnasiumServer {
    const { id, python, numEnvs: count, first = 0, sameStep, texts = false, options: given, wrappers } = options;
    const process = new PythonProcess(`gymnasium:${id}`, python);
    process.send('make', JSON.stringify({ id, first, count, options: given, wrappers, sameStep, texts }));
    return () => {
      try {
        const described = JSON.parse(process.receive('make').text()) as Description;
        return new GymnasiumServer(process, described, options);
      } catch (error) {
        process.close();
        throw error;
      }
    };
  }

  private constructor(process: PythonProcess, described: Description, { numEnvs, sameStep }: GymnasiumServerOptions) {
    this.name = process.name;
    this.numEnvs = numEnvs;
    this.#sameStep = sameStep;
    this.#python = process;
    const space = (what: 'action' | 'observation') => {
      try {
        return spaceFrom(described[`${what}Space`]);
      } catch (error) {
        throw new Error(`${this.name}: its ${what} space: ${(error as Error).message}`, { cause: error });
      }
    };
    this.actionSpace = space('action');
    this.observationSpace = space('observation');
    this.maxEpisodeSteps = described.maxEpisodeSteps ?? undefined;
    this.rewardThreshold = described.rewardThreshold ?? undefined;
    const Actions = wireArrayOf(described.actionSpace);
    const size = numEnvs * this.actionSpace.size;
    this.#step = new Frame(size * Actions.BYTES_PER_ELEMENT + numEnvs);
    this.#step.setHeader(this.#step.bytes.length - HEADER_BYTES, requests.step);
    this.#actions = new Actions(this.#step.bytes.buffer, HEADER_BYTES, size);
    this.#hasIntegerActions = Actions === Int32Array || Actions === Uint8Array;
    this.#skips = new Uint8Array(this.#step.bytes.buffer, HEADER_BYTES + this.#actions.byteLength);
    this.infos = new Array<Info>(numEnvs).fill(noInfo);
    this.#Observations = wireArrayOf(described.observationSpace);
    this.observations = new this.#Observations(0);
    this.lastObservations = this.observations;
  }

  /** Whether its process does not answer any more: it has ended, or was let go. */
  get isGone(): boolean {
    return this.#python.hasEnded || this.#python.isClosed;
  }

  /** @throws for an option of {@link reset} that would arrive as something else */
  checkOptions(options: Readonly<Record<string, unknown>> | undefined): void {
    const wrong = Object.entries(options ?? {}).find(([, option]) => !isJson(option));
    if (wrong === undefined) return;
    const got = `got the option ${wrong[0]} = ${show(wrong[1])}`;
    throw new Error(`${this.name}: reset() ${got}, expected what JSON can hold`);
  }

  /**
   * @param seeds `[n]`, one for each env; left out: each goes on with its random stream
   * @param mask `[n]`: only the envs where it is not 0
   * @throws as `step`
   */
  reset(
    seeds: readonly number[] | undefined,
    options: Readonly<Record<string, unknown>> | undefined,
    mask?: readonly number[] | undefined,
  ): () => void {
    const asked = { seeds: seeds ?? null, options: options ?? null, mask: mask ?? null };
    this.#python.send('reset', JSON.stringify(asked));
    return () => this.#show(this.#python.receive('reset'));
  }

  /**
   * What the next {@link step} takes.
   * @param actions `[n, actionSize]`, row-major
   * @param skips `[n]`, 1 where an env is reset in place of a step
   * @throws if they are no actions
   */
  take(actions: ArrayLike<number>, skips?: Uint8Array): void {
    this.#actions.set(actions);
    this.#checkIntegers(actions);
    if (skips) this.#skips.set(skips);
  }

  /** @throws what Python raised, with its traceback as the cause; or how its process has ended */
  step(): () => void {
    this.#python.sendFrame('step', this.#step);
    return this.#stepped;
  }

  /** Made once, so that a step makes no function. */
  readonly #stepped = (): void => this.#show(this.#python.receive('step'));

  /** An array of integers would round without a word. */
  #checkIntegers(actions: ArrayLike<number>): void {
    if (!this.#hasIntegerActions) return;
    for (let i = 0; i < actions.length; i++) {
      if (this.#actions[i] === actions[i]) continue;
      throw new Error(`${this.name}: step() got ${actions[i]} in an action, expected ${this.actionSpace}`);
    }
  }

  isTerminated(i: number): boolean {
    return (this.#flags[i]! & TERMINATED) !== 0;
  }

  isTruncated(i: number): boolean {
    return (this.#flags[i]! & TRUNCATED) !== 0;
  }

  /**
   * What steps would have earned, by the first environment.
   * @param achieved `[n, goalSize]`; `desired` likewise
   * @throws if it has no goals; what Python raised
   */
  computeRewards(achieved: Float32Array, desired: Float32Array): GoalRewards {
    const space = goalSpace(this.observationSpace);
    if (space === undefined) {
      const expected = 'expected achieved_goal and desired_goal in its observations';
      throw new Error(`${this.name}: computeRewards() got ${this.observationSpace}, ${expected}`);
    }
    const request = new Frame(2 * achieved.byteLength);
    request.setHeader(2 * achieved.byteLength, requests.rewards);
    const goals = new Float32Array(request.bytes.buffer, HEADER_BYTES);
    goals.set(achieved);
    goals.set(desired, achieved.length);
    this.#python.sendFrame('computeRewards', request);
    const answer = this.#python.receive('computeRewards');
    const n = achieved.length / space.size;
    const flagsAt = HEADER_BYTES + 8 * n;
    this.#expectBytes(answer, flagsAt);
    const { buffer } = answer.bytes;
    const rewards = new Float64Array(buffer.slice(HEADER_BYTES, flagsAt));
    const terminations = answer.totalBytes > flagsAt ? new Uint8Array(buffer.slice(flagsAt, flagsAt + n)) : undefined;
    return { rewards, terminations };
  }

  /** Closes the envs and lets the process go; it may be called twice, and after the process has ended. */
  close(): () => void {
    if (this.#python.isClosed) return () => {};
    this.#python.send('close');
    return () => {
      try {
        this.#python.receive('close');
      } catch (error) {
        if (!this.#python.hasEnded) throw error;
      } finally {
        this.#python.close();
      }
    };
  }

  /** Lays the arrays over the answer to a reset or a step. */
  #show(answer: Frame): void {
    const { numEnvs, observationSpace } = this;
    const { buffer } = answer.bytes;
    const Observations = this.#Observations;
    const rowBytes = observationSpace.size * Observations.BYTES_PER_ELEMENT;
    const flagsAt = HEADER_BYTES + numEnvs * (8 + rowBytes);
    const lastsAt = flagsAt + Math.ceil(numEnvs / 8) * 8;
    this.#expectBytes(answer, lastsAt);
    if (this.rewards.buffer !== buffer) {
      this.rewards = new Float64Array(buffer, HEADER_BYTES, numEnvs);
      this.observations = new Observations(buffer, HEADER_BYTES + numEnvs * 8, numEnvs * observationSpace.size);
      this.#flags = new Uint8Array(buffer, flagsAt, numEnvs);
    }
    let ended = 0;
    if (this.#sameStep) for (let i = 0; i < numEnvs; i++) if (this.#flags[i] !== 0) ended++;
    const infosAt = lastsAt + ended * rowBytes;
    this.#expectBytes(answer, infosAt);
    if (ended > 0) this.lastObservations = new Observations(buffer, lastsAt, ended * observationSpace.size);
    this.#readInfos(answer, infosAt, ended);
  }

  #expectBytes({ totalBytes }: Frame, least: number): void {
    if (totalBytes >= least) return;
    throw new Error(`${this.name}: its Python sent a frame of ${totalBytes} bytes, expected at least ${least}`);
  }

  #readInfos(answer: Frame, at: number, ended: number): void {
    const { numEnvs, infos } = this;
    const given = at < answer.totalBytes ? this.#infosOf(answer, at) : undefined;
    if (given === undefined) {
      infos.fill(noInfo);
      if (ended > 0) this.lastInfos = new Array<Info>(ended).fill(noInfo);
      return;
    }
    for (let i = 0; i < numEnvs; i++) infos[i] = given[i]!;
    this.lastInfos = given.slice(numEnvs);
  }

  /** Undefined where none was told. */
  #infosOf(answer: Frame, at: number): Info[] | undefined {
    if (answer.kind === NUMBERS) return this.#infosOfNumbers(answer, at);
    const { infos, keys, texts } = JSON.parse(answer.text(at - HEADER_BYTES)) as {
      readonly infos?: Info[];
      readonly keys?: readonly string[];
      readonly texts?: readonly (readonly string[])[];
    };
    if (keys !== undefined) this.#infoKeys = keys;
    if (texts !== undefined) this.texts = texts;
    return infos;
  }

  #infosOfNumbers({ bytes, totalBytes }: Frame, at: number): Info[] {
    const values = new Float64Array(bytes.buffer.slice(at, totalBytes));
    const keys = this.#infoKeys;
    return Array.from({ length: values.length / keys.length }, (_, i) => {
      const info: Record<string, unknown> = {};
      keys.forEach((key, j) => {
        const value = values[i * keys.length + j]!;
        // As JSON has it.
        info[key] = Number.isFinite(value) ? value : null;
      });
      return info;
    });
  }
}

/** Whether JSON holds it as it is, or it is left out. */
const isJson = (value: unknown): boolean => value === undefined || z.json().safeParse(value).success;

const wrapper = z.union(
  [z.string().min(1), z.looseObject({ name: z.string().min(1) }).refine(isJson)],
  'the name of a wrapper, or an object of its name and its keyword arguments',
);

/** What `make('gymnasium:…', options)` takes. */
export const gymnasiumOptions = z
  .object({
    /** The interpreter that has Gymnasium; by default the first that `OXBOW_PYTHON` names, else `python3`. */
    python: z.string().min(1).optional(),
    /** In place of Gymnasium's own limit; `Infinity` for none. */
    maxEpisodeSteps: z.union([z.int().positive(), z.literal(Infinity)], 'an integer ≥ 1, or Infinity').optional(),
    /** Wrappers on the Python side, from the inner to the outer one: a name, or an object of `name` and keyword arguments. */
    wrappers: z.array(wrapper).default([]),
    /** Shows so many of the last observations at once: `FrameStackObservation`, outside of all wrappers. */
    frameStack: z.int().positive().optional(),
    /** Python processes that a vector env's environments are shared out to. */
    workers: z.int().positive().default(1),
    /** Leaves out our checks of the first results, and Gymnasium's. */
    disableEnvChecker: z.boolean().default(false),
  })
  // All else goes to the env, under the names that it has in Python.
  .catchall(z.custom<unknown>(isJson, 'what JSON can hold'));

/** What `makeVec('gymnasium:…', options)` takes. */
export const gymnasiumVectorOptions = gymnasiumOptions.extend({
  numEnvs: z.int().positive().max(NUM_ENVS_LIMIT).default(1),
  autoresetMode: z.enum(autoresetModes).default('sameStep'),
});

/** The interpreter that is meant where one is given or none: the first that `OXBOW_PYTHON` names, else `python3`. */
export function interpreter(python: string | undefined): string {
  // A list like PATH, since other tools take several.
  // In a page there is no process, which is said where one is started.
  const { OXBOW_PYTHON: named } = globalThis.process?.env ?? {};
  return python ?? (named?.split(':')[0] || 'python3');
}

/** The interpreter, the keyword arguments of `gymnasium.make`, and the wrappers with theirs. */
export function serverOptions({
  python,
  maxEpisodeSteps,
  disableEnvChecker,
  wrappers,
  frameStack,
  workers: _,
  ...options
}: z.output<typeof gymnasiumOptions>): Pick<GymnasiumServerOptions, 'python' | 'options' | 'wrappers'> {
  return {
    python: interpreter(python),
    options: {
      ...options,
      // Gymnasium has -1 for no limit.
      ...(maxEpisodeSteps && { max_episode_steps: maxEpisodeSteps === Infinity ? -1 : maxEpisodeSteps }),
      ...(disableEnvChecker && { disable_env_checker: true }),
    },
    wrappers: [
      ...wrappers,
      ...(frameStack === undefined ? [] : [{ name: 'FrameStackObservation', stack_size: frameStack }]),
    ].map((wrapper) => {
      if (typeof wrapper === 'string') return [wrapper, {}];
      const { name, ...given } = wrapper;
      return [name, given];
    }),
  };
}

/** Bounds as they travel: one for all entries, or one for each; null for an infinite one. */
type Bounds = number | null | readonly (number | null)[];

/** A space as the server describes it; `dtype` is the type in which its values travel, those of all parts in one. */
type SpaceDescription =
  | {
      readonly type: 'Text';
      readonly minLength: number;
      readonly maxLength: number | null;
      readonly charset: string | null;
    }
  | ({ readonly dtype: BoxDtype } & (
      | { readonly type: 'Box'; readonly shape: readonly number[]; readonly low: Bounds; readonly high: Bounds }
      | { readonly type: 'Discrete'; readonly n: number; readonly start: number }
      | { readonly type: 'MultiDiscrete'; readonly nvec: readonly number[]; readonly start: readonly number[] }
      | { readonly type: 'MultiBinary'; readonly shape: readonly number[] }
      | { readonly type: 'Dict'; readonly spaces: Readonly<Record<string, SpaceDescription>> }
      | { readonly type: 'Tuple'; readonly spaces: readonly SpaceDescription[] }
    ));

function bounds(given: Bounds, infinite: number): number | number[] {
  return typeof given === 'object' && given !== null ? given.map((bound) => bound ?? infinite) : (given ?? infinite);
}

/** The space that a description is of. */
function spaceFrom(described: SpaceDescription): Space {
  switch (described.type) {
    case 'Box': {
      const { low, high, shape, dtype } = described;
      return new Box({ low: bounds(low, -Infinity), high: bounds(high, Infinity), shape, dtype });
    }
    case 'Discrete':
      return new Discrete(described.n, described.start);
    case 'MultiDiscrete':
      return new MultiDiscrete(described.nvec, described.start);
    case 'MultiBinary':
      return new MultiBinary(described.shape);
    case 'Dict':
      return new Dict(
        Object.fromEntries(Object.entries(described.spaces).map(([name, part]) => [name, spaceFrom(part)])),
      );
    case 'Tuple':
      return new Tuple(described.spaces.map(spaceFrom));
    case 'Text': {
      const { minLength, maxLength, charset } = described;
      return new Text(maxLength ?? Infinity, { minLength, charset });
    }
  }
}

/** A seed as Gymnasium wants it: an integer ≥ 0 as it is, anything else as 31 bits drawn from its stream. */
export function seedFor(seed: Seed): number {
  return Number.isSafeInteger(seed) && (seed as number) >= 0 ? (seed as number) : new Rng(seed).integer(0, 2 ** 31);
}
