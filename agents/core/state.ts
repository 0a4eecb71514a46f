import * as tf from '@tensorflow/tfjs-core';
import { base64ToUint8Array } from 'uint8array-extras';
import type { Tensors } from '../../src/engine/compile.ts';
import { compile, Module, type Policy, Rng, type StateDict } from '../../src/index.ts';
import { checkLevels, parseJson, toBase64 } from '../../src/json.ts';
import { checkArgument } from '../../src/options/parse.ts';
import { DivergedError } from '../../src/training/optimization.ts';
import type { Agent, AgentState, TrainOptions, TrainReport } from '../agent.ts';

const VERSION = 1;

/** What holds something that the rest of a training depends on. */
export interface Stateful<State = unknown> {
  /** Plain values and typed arrays of its own, which nothing changes later. */
  state(): State;
  /** @throws if the state does not fit; nothing is changed then */
  setState(state: State): void;
}

/** What an agent's state is made of, by name. */
export type Parts = Readonly<Record<string, Module | Stateful | undefined>>;

/** An agent whose state is that of its parts, and which is disposed of with them. */
export abstract class CheckpointedAgent<Report extends TrainReport = TrainReport> implements Agent<Report> {
  /** The agent's class, as its states and errors name it: minified code has other names. */
  protected readonly owner: string;
  /**
   * In the order in which they are restored; undefined ones are left out. The last one, the training, must change nothing where its `setState`
   * throws: it is not restored. Modules are disposed with the agent, but for `policy`, which it was given.
   */
  protected parts: Parts = {};
  /** Compiled functions, and whatever else is disposed with the agent. */
  protected compiled: readonly { dispose(): void }[] = [];

  protected constructor(owner: string) {
    this.owner = owner;
  }

  abstract train(options: TrainOptions): AsyncGenerator<Report, void, undefined>;

  state(): AgentState {
    const states = this.#stateful().map(([name, part]) => [name, part.state()]);
    return { agent: this.owner, version: VERSION, parts: Object.fromEntries(states) };
  }

  setState(state: AgentState): void {
    const where = `${this.owner}.setState`;
    const { agent, version, parts } = (state ?? {}) as Partial<AgentState>;
    if (typeof agent !== 'string' || typeof parts !== 'object' || parts === null) {
      throw new Error(`${where}: wanted the state of an agent { agent, version, parts }, got something else`);
    }
    if (agent !== this.owner) throw new Error(`${where}: the state is of a ${agent}, expected one of a ${this.owner}`);
    if (version !== VERSION) {
      throw new Error(`${where}: the state has version ${version} of the format, this oxbow reads version ${VERSION}`);
    }
    const own = this.#stateful();
    const names = own.map(([name]) => name);
    for (const name of new Set([...names, ...Object.keys(parts)])) {
      if (names.includes(name) === Object.hasOwn(parts, name)) continue;
      const [has, lacks] = names.includes(name) ? ['agent', 'state'] : ['state', 'agent'];
      throw new Error(`${where}: the ${has} has a part '${name}', the ${lacks} has none: expected the same options`);
    }
    const before = own.map(([, part]) => part.state());
    for (const [name, part] of own) {
      try {
        part.setState(parts[name]);
      } catch (error) {
        for (const [i, [, changed]] of own.slice(0, -1).entries()) changed.setState(before[i]);
        throw new Error(`${where}: the part '${name}' does not fit this agent: ${(error as Error).message}`);
      }
    }
  }

  dispose(): void {
    for (const each of this.compiled) each.dispose();
    for (const [name, part] of Object.entries(this.parts))
      if (part instanceof Module && name !== 'policy') part.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #stateful(): [name: string, part: Stateful][] {
    return Object.entries(this.parts).flatMap(([name, part]) => {
      if (!(part instanceof Module)) return part === undefined ? [] : [[name, part]];
      return [
        [name, { state: () => plainStateDict(part), setState: (state) => part.loadStateDict(state as StateDict) }],
      ];
    });
  }
}

/** The module's state dict in plain objects, which stay what they are in `structuredClone`. */
export function plainStateDict(module: Module): StateDict {
  const entries = Object.entries(module.stateDict());
  return Object.fromEntries(entries.map(([path, { shape, values }]) => [path, { shape: [...shape], values }]));
}

/** Calls a function while a policy has other weights, if there are some. */
export function withWeights<T>(policy: Policy, weights: StateDict | null | undefined, body: () => T): T {
  if (weights == null) return body();
  const current = plainStateDict(policy);
  policy.loadStateDict(weights);
  try {
    return body();
  } finally {
    policy.loadStateDict(current);
  }
}

/**
 * Compiles a function for arrays of fixed shapes; see `compile` and its `onArrays`.
 * @param modules that it reads or changes
 */
export function compileOnArrays<Inputs extends Tensors, Outputs extends Tensors>(
  name: string,
  modules: Readonly<Record<string, Module>>,
  shapes: { readonly [Name in keyof Inputs]: { readonly shape: number[] } },
  fn: (inputs: Inputs, rng: Rng) => Outputs,
) {
  const compiled = compile(fn, { name, state: Object.values(modules) });
  return Object.assign(compiled.onArrays(shapes), { dispose: () => compiled.dispose() });
}

/** The names of the metrics of an agent's reports, beside what every report has. */
export type FigureOf<Report extends TrainReport> = Exclude<keyof Report, keyof TrainReport> & string;

/** The means of metrics over several updates. */
export class MeanMetrics<Name extends string> {
  readonly #owner: string;
  readonly #advice: string | undefined;
  #sums: Partial<Record<Name, { sum: number; count: number }>> = {};

  /** @param advice what usually helps where a metric is not a number, as errors say it */
  constructor(owner: string, advice?: string) {
    this.#owner = owner;
    this.#advice = advice;
  }

  /**
   * @param metrics of one update; some may have names that others lack, as where not all updates move the policy
   * @throws {DivergedError} if one is not a finite number
   */
  add(step: number, metrics: Readonly<Partial<Record<Name, number>>>): void {
    for (const name in metrics) {
      const value = metrics[name]!;
      if (!Number.isFinite(value)) throw new DivergedError(this.#owner, step, name, value, undefined, this.#advice);
      const total = this.#sums[name] ?? { sum: 0, count: 0 };
      total.sum += value;
      total.count += 1;
      this.#sums[name] = total;
    }
  }

  /** The means since the last call, each over the updates that gave it, in the order of the names; of no update there are none. */
  take(): Record<Name, number> {
    const means = {} as Record<Name, number>;
    for (const name in this.#sums) means[name] = this.#sums[name]!.sum / this.#sums[name]!.count;
    this.#sums = {};
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
export function scalarsOf<Name extends string>(scalars: Readonly<Partial<Record<Name, ArrayLike<number>>>>) {
  const numbers = {} as Record<Name, number>;
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

/** Where a training is: its counters, and its random streams by name. */
export class Training<Stream extends string> implements Stateful {
  /** As reports count it. */
  step = 0;
  updates = 0;
  /** Splits of the training's rng. */
  streams = {} as Readonly<Record<Stream, Rng>>;
  protected readonly owner: string;
  readonly #names: readonly Stream[];
  #seed: string | undefined;
  #goesOn = false;

  /** @param names of the random streams */
  constructor(owner: string, names: readonly Stream[]) {
    this.owner = owner;
    this.#names = names;
  }

  /**
   * To be called first: a training begins, or goes on from the state that was set.
   * @returns whether it begins
   * @throws if `steps` is no positive integer, or the state is of a training with another rng
   */
  begin({ steps, rng }: TrainOptions): boolean {
    if (!Number.isInteger(steps) || steps <= 0) {
      throw new Error(`${this.owner}.train: wanted a positive integer of steps, got ${steps}`);
    }
    if (this.#goesOn && rng.seed !== this.#seed) {
      throw new Error(
        `${this.owner}.train: rng: got the seed '${rng.seed}', expected '${this.#seed}', which the state to go on from had`,
      );
    }
    const begins = !this.#goesOn;
    this.#goesOn = false;
    if (begins) {
      Object.assign(this, { step: 0, updates: 0, streams: this.#each((name) => rng.split(name)) });
      this.#seed = rng.seed;
    }
    return begins;
  }

  /** null before the beginning. */
  state() {
    if (this.#seed === undefined) return null;
    const { step, updates, streams } = this;
    return { seed: this.#seed, step, updates, streams: this.#each((name) => streams[name].state()) };
  }

  setState(state: ReturnType<Training<Stream>['state']>): void {
    if (state !== null) {
      const { step, updates, streams } = state;
      Object.assign(this, { step, updates, streams: this.#each((name) => Rng.fromState(streams[name])) });
    }
    this.#seed = state?.seed;
    this.#goesOn = state !== null;
  }

  #each<T>(make: (name: Stream) => T): Record<Stream, T> {
    return Object.fromEntries(this.#names.map((name) => [name, make(name)])) as Record<Stream, T>;
  }
}
