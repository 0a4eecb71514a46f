import type { Info } from '../core/env.ts';
import type { Space } from '../core/spaces/space.ts';
import { Frame, HEADER_BYTES, MOST_BYTES } from './frame.ts';
import { FramedProcess } from './framedProcess.ts';
import { nodeBuiltin } from './nodeBuiltin.ts';
import { type SpaceDescription, spaceFrom } from './spaceFrom.ts';

/** Kinds of requests and answers, as in `oxbow_server.py`. */
const requests = { make: 0, reset: 1, step: 2, state: 3, setState: 4, close: 5 } as const;
const OK = 0;
const NUMBERS = 2;
const TERMINATED = 1;
const TRUNCATED = 2;

const wireArrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array };
type WireArray = InstanceType<(typeof wireArrays)[keyof typeof wireArrays]>;

export interface GymnasiumServerOptions {
  /** As Gymnasium knows it. */
  readonly id: string;
  /** The interpreter. */
  readonly python: string;
  readonly numEnvs: number;
  /** Whether an env whose episode has ended is reset in the same step. */
  readonly sameStep: boolean;
  /** Keyword arguments of `gymnasium.make`. */
  readonly options: Readonly<Record<string, unknown>>;
}

interface Description {
  readonly actionSpace: SpaceDescription;
  readonly observationSpace: SpaceDescription;
  readonly maxEpisodeSteps: number | null;
  readonly rewardThreshold: number | null;
  readonly unsaved: string | null;
}

interface GymnasiumReset {
  /** `[n]`, one for each env; left out: each goes on with its random stream. */
  readonly seeds?: readonly number[] | undefined;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  /** `[n]`: only the envs where it is not 0. */
  readonly mask?: ArrayLike<number> | undefined;
}

/** Most infos are empty. */
const noInfo: Info = Object.freeze({});

/**
 * n environments of Gymnasium in a Python process of their own. Its protocol is in `oxbow_server.py`. What the last reset or step
 * gave can be read until the next request; row i belongs to env i.
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
  /** What keeps `state` from working; undefined where nothing does. */
  readonly unsaved: string | undefined;

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
  /** The names of infos that come as numbers. */
  #infoKeys: readonly string[] = [];

  readonly #sameStep: boolean;
  readonly #process: FramedProcess;
  readonly #step: Frame;
  readonly #actions: WireArray;
  readonly #skips: Uint8Array;
  readonly #answer = new Frame(65536);
  #flags = new Uint8Array(0);

  /** @throws one line for what is missing, unknown or unsupported: Python, Gymnasium, the env or a package of it, its spaces */
  constructor({ id, python, numEnvs, sameStep, options }: GymnasiumServerOptions) {
    this.name = `gymnasium:${id}`;
    this.numEnvs = numEnvs;
    this.#sameStep = sameStep;
    this.#process = this.#start(python);
    try {
      this.#request('make', JSON.stringify({ id, count: numEnvs, options, sameStep }));
      const described = JSON.parse(this.#answer.text()) as Description;
      this.actionSpace = spaceFrom(described.actionSpace);
      this.observationSpace = spaceFrom(described.observationSpace);
      this.maxEpisodeSteps = described.maxEpisodeSteps ?? undefined;
      this.rewardThreshold = described.rewardThreshold ?? undefined;
      this.unsaved = described.unsaved ?? undefined;
    } catch (error) {
      this.#process.close();
      throw error;
    }
    const Actions = wireArrays[this.actionSpace.dtype];
    const size = numEnvs * this.actionSpace.size;
    this.#step = new Frame(size * Actions.BYTES_PER_ELEMENT + numEnvs);
    this.#step.setHeader(this.#step.bytes.length - HEADER_BYTES, requests.step);
    this.#actions = new Actions(this.#step.bytes.buffer, HEADER_BYTES, size);
    this.#skips = new Uint8Array(this.#step.bytes.buffer, HEADER_BYTES + this.#actions.byteLength);
    this.infos = new Array<Info>(numEnvs).fill(noInfo);
    this.observations = new wireArrays[this.observationSpace.dtype](0);
    this.lastObservations = this.observations;
  }

  #start(python: string): FramedProcess {
    const script = nodeBuiltin('node:url').fileURLToPath(new URL('./oxbow_server.py', import.meta.url));
    try {
      // Python's sets of strings then have the same order in every process, so that a run can be repeated.
      return new FramedProcess(python, [script], { PYTHONHASHSEED: '0', ...process.env });
    } catch (error) {
      const advice = 'name a Python that has gymnasium by the option python or in OXBOW_PYTHON';
      throw new Error(`${this.name}: ${(error as Error).message}; ${advice}`, { cause: error });
    }
  }

  /** @throws as `step` */
  reset({ seeds, options, mask }: GymnasiumReset): void {
    const asked = { seeds: seeds ?? null, options: options ?? null, mask: mask ? Array.from(mask) : null };
    this.#request('reset', JSON.stringify(asked));
    this.#show();
  }

  /**
   * @param actions `[n, actionSize]`, row-major
   * @param skips `[n]`, 1 where an env is reset in place of a step
   * @throws what Python raised, with its traceback as the cause; or how its process has ended
   */
  step(actions: ArrayLike<number>, skips?: Uint8Array): void {
    this.#actions.set(actions);
    this.#checkIntegers(actions);
    if (skips) this.#skips.set(skips);
    this.#exchange('step', this.#step);
    this.#show();
  }

  /** An array of integers would round without a word. */
  #checkIntegers(actions: ArrayLike<number>): void {
    if (this.actionSpace.dtype !== 'int32' && this.actionSpace.dtype !== 'uint8') return;
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

  /** All that the envs' future depends on. @throws if an env cannot be saved, and why */
  state(): string {
    this.#request('state');
    return this.#answer.text();
  }

  /** @throws if it is a state of something else */
  setState(state: string): void {
    this.#request('setState', state);
  }

  /** Closes the envs and lets the process go; it may be called twice, and after the process has ended. */
  close(): void {
    if (this.#process.isClosed) return;
    try {
      this.#request('close');
    } catch (error) {
      if (!this.#process.hasEnded) throw error;
    } finally {
      this.#process.close();
    }
  }

  #request(call: keyof typeof requests, text = ''): void {
    const request = Frame.ofText(requests[call], text);
    const bytes = request.totalBytes - HEADER_BYTES;
    if (bytes > MOST_BYTES) {
      throw new Error(`${this.name}: ${call}() got a text of ${bytes} bytes, expected at most ${MOST_BYTES}`);
    }
    this.#exchange(call, request);
  }

  #exchange(call: string, request: Frame): void {
    if (this.#process.isClosed) throw new Error(`${this.name}: ${call}() after close()`);
    try {
      this.#process.exchange(request, this.#answer);
    } catch (error) {
      const advice = call === 'make' ? 'what it printed says why' : 'a run resumes from its last checkpoint';
      throw new Error(`${this.name}: its Python ${(error as Error).message} during ${call}(); ${advice}`, {
        cause: error,
      });
    }
    if (this.#answer.kind === OK || this.#answer.kind === NUMBERS) return;
    const { message, traceback } = JSON.parse(this.#answer.text()) as { message: string; traceback: string };
    throw new Error(`${this.name}: ${message}`, { cause: traceback });
  }

  /** Lays the arrays over the answer to a reset or a step. */
  #show(): void {
    const { numEnvs, observationSpace } = this;
    const { buffer } = this.#answer.bytes;
    const Observations = wireArrays[observationSpace.dtype];
    const rowBytes = observationSpace.size * Observations.BYTES_PER_ELEMENT;
    const flagsAt = HEADER_BYTES + numEnvs * (8 + rowBytes);
    const lastsAt = flagsAt + Math.ceil(numEnvs / 8) * 8;
    this.#expectBytes(lastsAt);
    if (this.rewards.buffer !== buffer) {
      this.rewards = new Float64Array(buffer, HEADER_BYTES, numEnvs);
      this.observations = new Observations(buffer, HEADER_BYTES + numEnvs * 8, numEnvs * observationSpace.size);
      this.#flags = new Uint8Array(buffer, flagsAt, numEnvs);
    }
    let ended = 0;
    if (this.#sameStep) for (let i = 0; i < numEnvs; i++) if (this.#flags[i] !== 0) ended++;
    const infosAt = lastsAt + ended * rowBytes;
    this.#expectBytes(infosAt);
    if (ended > 0) this.lastObservations = new Observations(buffer, lastsAt, ended * observationSpace.size);
    this.#readInfos(infosAt, ended);
  }

  #expectBytes(least: number): void {
    const { totalBytes } = this.#answer;
    if (totalBytes >= least) return;
    throw new Error(`${this.name}: its Python sent a frame of ${totalBytes} bytes, expected at least ${least}`);
  }

  #readInfos(at: number, ended: number): void {
    const { numEnvs, infos } = this;
    if (at === this.#answer.totalBytes) {
      infos.fill(noInfo);
      if (ended > 0) this.lastInfos = new Array<Info>(ended).fill(noInfo);
      return;
    }
    const given = this.#answer.kind === NUMBERS ? this.#infosOfNumbers(at) : this.#infosOfText(at);
    for (let i = 0; i < numEnvs; i++) infos[i] = given[i]!;
    this.lastInfos = given.slice(numEnvs);
  }

  #infosOfText(at: number): Info[] {
    const { infos, keys } = JSON.parse(this.#answer.text(at - HEADER_BYTES)) as { infos: Info[]; keys?: string[] };
    if (keys !== undefined) this.#infoKeys = keys;
    return infos;
  }

  #infosOfNumbers(at: number): Info[] {
    const { bytes, totalBytes } = this.#answer;
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
