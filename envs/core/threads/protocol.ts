import type { MessagePort } from 'node:worker_threads';
import type { Info } from '../env.ts';
import { type AutoresetMode, newVectorStep, type VectorResetOptions, type VectorStep } from '../vectorEnv.ts';

/** How errors begin. */
export const OWNER = 'ThreadedVectorEnv';

/** Where integers are that the threads share, a cache line apart. */
export const CONTROL = {
  /** The number of the call; a thread waits for its change. */
  turn: 0,
  /** How many threads have not answered; the caller waits for its change. A thread that ends adds {@link LOST}. */
  undone: 16,
  /** The first thread that has ended, counted from 1; 0 for none. */
  ended: 17,
  /** Of each thread the env that it calls, −1 for none. */
  ats: 32,
} as const;

/** More than there are threads. */
export const LOST = 1 << 20;

/** What a thread begins with. */
export interface ThreadTask {
  /** Which of the threads it is. */
  readonly thread: number;
  readonly id: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly autoresetMode: AutoresetMode;
  /** Modules to import first, by address. */
  readonly modules: readonly string[];
  /** Its envs are `first … end − 1`. */
  readonly first: number;
  readonly end: number;
  /** The spaces of an env made in the caller's thread, as texts. */
  readonly spaces: { readonly observationSpace: string; readonly actionSpace: string };
  readonly sizes: RowSizes;
  readonly memory: SharedArrayBuffer;
  readonly control: Int32Array;
  readonly port: MessagePort;
}

/** What all threads are asked for at once; without one it is a step. */
export interface CallMessage {
  readonly call: 'reset' | 'step' | 'state' | 'setState' | 'close';
  readonly reset?: VectorResetOptions;
  readonly state?: { readonly envs: unknown[]; readonly ended: number[] };
}

/** What an answer has beside shared memory; one that has nothing is not sent. */
export interface AnswerMessage {
  /** An error, and which env failed: −1 if none did. */
  readonly error?: { readonly message: string; readonly stack: string | undefined; readonly at: number };
  /** Those of all envs of the thread, unless all are empty. */
  readonly infos?: readonly Info[] | undefined;
  readonly finalInfos?: readonly (Info | undefined)[] | undefined;
  readonly envs?: unknown[];
}

/** How many rows a vector env has, and how many numbers each. */
interface RowSizes {
  readonly numEnvs: number;
  readonly observationSize: number;
  readonly actionSize: number;
}

/** Rows of a vector env's arrays, in memory that its threads share. */
export interface SharedRows {
  /** `[rows, actionSize]` */
  readonly actions: Float64Array;
  /** `[rows]`, 1 where an episode has ended and the env has not been reset since. */
  readonly ended: Uint8Array;
  /** The arrays are shared; the infos belong to the thread. */
  readonly result: VectorStep;
}

/** Makes memory for all rows. */
export function sharedMemory({ numEnvs, observationSize, actionSize }: RowSizes): SharedArrayBuffer {
  return new SharedArrayBuffer(numEnvs * (8 * (actionSize + 1) + 4 * 2 * observationSize + 4));
}

/** The rows `first … end − 1` in {@link sharedMemory}. */
export function sharedRows(
  memory: SharedArrayBuffer,
  { numEnvs, observationSize, actionSize }: RowSizes,
  first = 0,
  end = numEnvs,
): SharedRows {
  let offset = 0;
  /** The rows of the next array, so many bytes from its beginning. */
  const next = (rowBytes: number): number => {
    const start = offset + first * rowBytes;
    offset += numEnvs * rowBytes;
    return start;
  };
  const n = end - first;
  const doubles = (width: number) => new Float64Array(memory, next(8 * width), n * width);
  const floats = (width: number) => new Float32Array(memory, next(4 * width), n * width);
  const bytes = () => new Uint8Array(memory, next(1), n);
  // From the widest to the narrowest, so that each array begins at a multiple of its width.
  const actions = doubles(actionSize);
  const result: VectorStep = {
    ...newVectorStep(n, 0),
    rewards: doubles(1),
    observations: floats(observationSize),
    finalObservations: floats(observationSize),
    terminations: bytes(),
    truncations: bytes(),
    resets: bytes(),
  };
  return { actions, ended: bytes(), result };
}
