import * as tf from '@tensorflow/tfjs-core';
import { base64ToUint8Array } from 'uint8array-extras';
import type { VectorEnv } from '../../envs/index.ts';
import { Module, Rng, type RngState, type StateDict } from '../../src/index.ts';
import { checkLevels, parseJson, toBase64 } from '../../src/json.ts';
import { checkArgument } from '../../src/options/parse.ts';
import { DivergedError } from '../../src/training/optimization.ts';
import type { AgentState, TrainOptions, TrainReport } from '../agent.ts';

const VERSION = 1;

/** What holds something that the rest of a training depends on. */
export interface Stateful<State = unknown> {
  /** Plain values and typed arrays of its own, which nothing changes later. */
  state(): State;
  /** @throws if the state does not fit; nothing is changed then */
  setState(state: State): void;
}

/** The parts of an agent: those that make up its state, and those that are disposed with it. */
export class AgentParts {
  readonly #agent: string;
  readonly #parts: ReadonlyMap<string, Stateful>;
  readonly #disposables: readonly { dispose(): void }[];

  /**
   * @param agent the agent's class
   * @param parts modules and other parts by name, in the order in which they are set, the training last; absent ones are left out
   * @param compiled functions that are disposed with the agent, as are the modules but `policy`, which it was given
   */
  constructor(
    agent: string,
    parts: Readonly<Record<string, Module | Stateful | undefined>>,
    compiled: readonly { dispose(): void }[],
  ) {
    this.#agent = agent;
    const modules = Object.entries(parts).flatMap(([name, part]) =>
      part instanceof Module && name !== 'policy' ? [part] : [],
    );
    this.#disposables = [...compiled, ...modules];
    this.#parts = new Map(
      Object.entries(parts)
        .filter(([, part]) => part !== undefined)
        .map(([name, part]) => [name, part instanceof Module ? stateOfModule(part) : part] as [string, Stateful]),
    );
  }

  state(): AgentState {
    const states = [...this.#parts].map(([name, part]) => [name, part.state()]);
    return { agent: this.#agent, version: VERSION, parts: Object.fromEntries(states) };
  }

  /** @throws one line, if the state is of another agent, version or architecture; nothing is changed then */
  setState(state: AgentState): void {
    const where = `${this.#agent}.setState`;
    const { agent, version, parts } = (state ?? {}) as Partial<AgentState>;
    if (typeof agent !== 'string' || typeof parts !== 'object' || parts === null) {
      throw new Error(`${where}: wanted the state of an agent { agent, version, parts }, got something else`);
    }
    if (agent !== this.#agent)
      throw new Error(`${where}: the state is of a ${agent}, expected one of a ${this.#agent}`);
    if (version !== VERSION) {
      throw new Error(`${where}: the state has version ${version} of the format, this oxbow reads version ${VERSION}`);
    }
    for (const name of new Set([...this.#parts.keys(), ...Object.keys(parts)])) {
      if (this.#parts.has(name) === Object.hasOwn(parts, name)) continue;
      const [has, lacks] = this.#parts.has(name) ? ['agent', 'state'] : ['state', 'agent'];
      throw new Error(`${where}: the ${has} has a part '${name}', the ${lacks} has none: expected the same options`);
    }
    const done: { part: Stateful; before: unknown }[] = [];
    for (const [name, part] of this.#parts) {
      try {
        const before = part.state();
        part.setState(parts[name]);
        done.push({ part, before });
      } catch (error) {
        for (const { part, before } of done) part.setState(before);
        throw new Error(`${where}: the part '${name}' does not fit this agent: ${(error as Error).message}`);
      }
    }
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }
}

function stateOfModule(module: Module): Stateful<StateDict> {
  return { state: () => plainStateDict(module), setState: (state) => module.loadStateDict(state) };
}

/** The module's state dict in plain objects, which stay what they are in `structuredClone`. */
export function plainStateDict(module: Module): StateDict {
  const entries = Object.entries(module.stateDict());
  return Object.fromEntries(entries.map(([path, { shape, values }]) => [path, { shape: [...shape], values }]));
}

/** The environments as a part of an agent. */
export function stateOfEnv(env: VectorEnv): Stateful {
  return {
    state: () => env.state(),
    setState(state) {
      const before = env.state();
      try {
        env.setState(state);
      } catch (error) {
        env.setState(before);
        throw error;
      }
    },
  };
}

/** The names of the figures that a report adds to those of every agent. */
export type FigureOf<Report extends TrainReport> = Exclude<keyof Report, keyof TrainReport> & string;

/** The means of figures of several updates. */
export class MeanMetrics<Name extends string> {
  readonly #agent: string;
  readonly #advice: string | undefined;
  #sums: Partial<Record<Name, { sum: number; count: number }>> = {};
  #hasSome = false;

  /**
   * @param agent whose updates they are, as errors name it
   * @param advice what usually helps where one is no number, as errors say it
   */
  constructor(agent: string, advice?: string) {
    this.#agent = agent;
    this.#advice = advice;
  }

  /**
   * @param figures of one update; some may have names that others have not, as where not all updates move the policy
   * @throws {DivergedError} if one is no number
   */
  add(step: number, figures: Readonly<Partial<Record<Name, number>>>): void {
    for (const name in figures) {
      const figure = figures[name]!;
      if (!Number.isFinite(figure)) {
        throw new DivergedError(this.#agent, step, name, figure, undefined, this.#advice);
      }
      this.#sums[name] ??= { sum: 0, count: 0 };
      this.#sums[name].sum += figure;
      this.#sums[name].count += 1;
    }
    this.#hasSome = true;
  }

  /** Whether there was an update since the last call of {@link take}. */
  get hasSome(): boolean {
    return this.#hasSome;
  }

  /**
   * The means since the last call, each over the updates that gave it, in the order of the names.
   * @throws if there was no update
   */
  take(): Record<Name, number> {
    if (!this.hasSome) throw new Error(`${this.#agent}: no update has given figures since the last report`);
    const means = {} as Record<Name, number>;
    for (const name in this.#sums) {
      const { sum, count } = this.#sums[name]!;
      means[name] = sum / count;
    }
    this.#sums = {};
    this.#hasSome = false;
    return means;
  }
}

/** One trainable number, as the logarithm of a temperature. */
export class ScalarParameter extends Module {
  /** `[]` */
  readonly value: tf.Variable;

  constructor(initial: number) {
    super();
    this.value = tf.tidy(() => tf.variable(tf.scalar(initial)));
  }
}

/** The numbers that a compiled function has returned as scalars, by name; the arrays that it returns are used again by its next call. */
export function scalarsOf<Scalars extends Readonly<Partial<Record<string, ArrayLike<number>>>>>(
  scalars: Scalars,
): { [Name in keyof Scalars]: number } {
  const numbers = {} as { [Name in keyof Scalars]: number };
  for (const name in scalars) numbers[name] = scalars[name]![0]!;
  return numbers;
}

type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array;

/**
 * Copies arrays of a state into those that hold it.
 * @param pairs target and source by name
 * @throws if a source is missing or of another length or type; nothing is changed then
 */
export function setSameLength(pairs: Readonly<Record<string, readonly [target: Numbers, source: Numbers]>>): void {
  for (const [name, [target, source]] of Object.entries(pairs)) {
    if (source?.constructor === target.constructor && source.length === target.length) continue;
    throw new Error(
      `${name}: got ${source?.constructor.name} of ${source?.length} numbers, expected a ${target.constructor.name} of ${target.length}`,
    );
  }
  for (const [target, source] of Object.values(pairs)) target.set(source);
}

const ARRAYS = {
  $float32: Float32Array,
  $float64: Float64Array,
  $int32: Int32Array,
  $uint8: Uint8Array,
} as const;
type ArrayTag = keyof typeof ARRAYS;

/** The numbers that JSON lacks. */
const NUMBERS: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);

/**
 * A state as JSON: typed arrays as the base64 of their little-endian numbers, `{"$float32": "…"}`, and the numbers that JSON lacks as
 * `{"$number": "NaN"}`. Equal states give equal texts. Fields that are undefined are left out.
 * @throws if the state holds anything but plain values and such arrays, a `Map` say, which JSON would lose; or is nested too deep
 */
export function stateToJson(state: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(encoded(state));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Error('stateToJson: the state holds itself or is nested too deep, expected plain values', {
      cause: error,
    });
  }
  checkLevels(text);
  return text;
}

function encoded(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (Object.is(value, -0)) return { $number: '-0' };
    return Number.isFinite(value) ? value : { $number: String(value) };
  }
  if (Array.isArray(value)) return value.map(encoded);
  if (ArrayBuffer.isView(value)) {
    const tag = (Object.keys(ARRAYS) as ArrayTag[]).find((name) => value instanceof ARRAYS[name]);
    if (tag === undefined)
      throw new Error(`stateToJson: a state holds no ${value.constructor.name}, expected plain values and arrays`);
    return { [tag]: toBase64(value) };
  }
  const prototype = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== null) {
    throw new Error(
      `stateToJson: a state holds no ${typeof value === 'object' ? (value.constructor?.name ?? 'such object') : typeof value}, expected plain values`,
    );
  }
  const entries = Object.entries(value as object).filter(([, entry]) => entry !== undefined);
  if (entries.length === 1 && isTag(entries[0]![0])) {
    throw new Error(
      `stateToJson: a state holds no object with ${entries[0]![0]} alone, which stands for something else`,
    );
  }
  return Object.fromEntries(entries.map(([key, entry]) => [key, encoded(entry)]));
}

/**
 * The state of {@link stateToJson}, to the bit. The text is data: nothing in it is run.
 * @throws one line, if it is no JSON, nested too deep, or a number or an array in it is none
 */
export function stateFromJson(text: string): unknown {
  checkArgument('stateFromJson', 'text', text, String);
  try {
    return decoded(parseJson(text));
  } catch (error) {
    throw new Error(`stateFromJson: ${(error as Error).message}`);
  }
}

function decoded(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(decoded);
  const [first, ...others] = Object.entries(value);
  if (first === undefined || others.length > 0 || !isTag(first[0])) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, decoded(entry)]));
  }
  const [tag, content] = first;
  if (tag !== '$number') return arrayOf(tag as ArrayTag, content);
  const number = NUMBERS.get(content);
  if (number === undefined) {
    throw new Error(`$number: got ${JSON.stringify(content)}, expected one of ${[...NUMBERS.keys()].join(', ')}`);
  }
  return number;
}

function arrayOf(tag: ArrayTag, content: unknown): InstanceType<(typeof ARRAYS)[ArrayTag]> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = typeof content === 'string' ? base64ToUint8Array(content) : undefined;
  } catch {
    // Said below.
  }
  const { BYTES_PER_ELEMENT: size } = ARRAYS[tag];
  if (bytes === undefined) throw new Error(`${tag}: got no base64, expected that of numbers of ${size} bytes`);
  if (bytes.length % size !== 0) {
    throw new Error(`${tag}: got ${bytes.length} bytes, expected a multiple of ${size}`);
  }
  const { buffer, length } = bytes.slice();
  return new ARRAYS[tag](buffer as ArrayBuffer, 0, length / size);
}

function isTag(key: string): boolean {
  return key === '$number' || Object.hasOwn(ARRAYS, key);
}

interface TrainingState {
  readonly seed: string;
  readonly step: number;
  readonly updates: number;
  readonly streams: Readonly<Record<string, RngState>>;
}

/** Where a training is: its counters, and its random streams by name. */
export class Training<Stream extends string> implements Stateful<TrainingState | null> {
  /** As the reports say it. */
  step = 0;
  updates = 0;
  readonly #agent: string;
  readonly #names: readonly Stream[];
  #seed: string | undefined;
  #streams = {} as Readonly<Record<Stream, Rng>>;
  #goesOn = false;

  /**
   * @param agent whose training it is, as errors name it
   * @param streams names of splits of the training's rng
   */
  constructor(agent: string, streams: readonly Stream[]) {
    this.#agent = agent;
    this.#names = streams;
  }

  get streams(): Readonly<Record<Stream, Rng>> {
    return this.#streams;
  }

  /**
   * To be called first: a training begins, or goes on from the state that was set.
   * @returns whether it begins
   * @throws if `steps` is no positive integer, or the state is of a training with another rng
   */
  begin({ steps, rng }: TrainOptions): boolean {
    if (!Number.isInteger(steps) || steps <= 0) {
      throw new Error(`${this.#agent}.train: wanted a positive integer of steps, got ${steps}`);
    }
    if (this.#goesOn && rng.seed !== this.#seed) {
      throw new Error(
        `${this.#agent}.train: rng: got the seed '${rng.seed}', expected '${this.#seed}', which the state to go on from had`,
      );
    }
    const begins = !this.#goesOn;
    this.#goesOn = false;
    if (begins) {
      this.step = 0;
      this.updates = 0;
      this.#seed = rng.seed;
      this.#streams = this.#each((name) => rng.split(name));
    }
    return begins;
  }

  /** null before the beginning. */
  state(): TrainingState | null {
    if (this.#seed === undefined) return null;
    const { step, updates } = this;
    return { seed: this.#seed, step, updates, streams: this.#each((name) => this.#streams[name].state()) };
  }

  setState(state: TrainingState | null): void {
    if (state === null) {
      this.#seed = undefined;
      this.#goesOn = false;
      return;
    }
    this.#streams = this.#each((name) => Rng.fromState(state.streams[name]!));
    this.#seed = state.seed;
    this.step = state.step;
    this.updates = state.updates;
    this.#goesOn = true;
  }

  #each<T>(make: (name: Stream) => T): Record<Stream, T> {
    return Object.fromEntries(this.#names.map((name) => [name, make(name)])) as Record<Stream, T>;
  }
}

interface Kept {
  /** How many updates had been made. */
  readonly updates: number;
  readonly values: readonly tf.TypedArray[];
}

/**
 * The variables of modules as they were before some of the last updates. That an update has gone too far is seen when the next one
 * measures what it began with: the way back is to the last state that was kept and measured since.
 */
export class UpdateHistory {
  readonly #variables: readonly tf.Variable[];
  readonly #share: number;
  #kept: readonly Kept[] = [];
  #updates = 0;

  /**
   * @param share of the updates so far that lie between two states that are kept: few at first, when one update may be too far, and
   *   more later, since to keep a state costs about a tenth of a small update
   */
  constructor(modules: readonly Module[], share = 1 / 16) {
    this.#variables = modules.flatMap((module) => module.variables());
    this.#share = share;
  }

  /** To be called before each update. What is read of a variable is never written to again, so that nothing is copied. */
  record(): void {
    const sinceKept = this.#updates - (this.#kept.at(-1)?.updates ?? Number.NEGATIVE_INFINITY);
    if (sinceKept >= this.#share * this.#updates) {
      const kept = { updates: this.#updates, values: this.#variables.map((variable) => variable.dataSync()) };
      this.#kept = [...this.#kept.slice(-1), kept];
    }
    this.#updates += 1;
  }

  /**
   * Goes back, exactly, from an update that found what it began with too far away.
   * @returns how many updates are left
   */
  undo(): number {
    const measured = this.#kept.findLast(({ updates }) => updates < this.#updates - 1)!;
    tf.tidy(() => {
      this.#variables.forEach((variable, i) => {
        variable.assign(tf.tensor(measured.values[i]!, variable.shape, variable.dtype));
      });
    });
    this.forget();
    return measured.updates;
  }

  /** Keeps nothing of the past. */
  forget(): void {
    this.#kept = [];
    this.#updates = 0;
  }
}
