import type { MessagePort } from 'node:worker_threads';
import type { Info } from '../env.ts';
import { type AutoresetMode, newVectorStep, type VectorResetOptions, type VectorStep } from '../vectorEnv.ts';

/** How errors begin. */
export const OWNER = 'ThreadedVectorEnv';

/** What the threads are asked for, all at once; as a number its place in this list. */
export const calls = ['make', 'reset', 'step', 'state', 'setState', 'close'] as const;
export type Call = (typeof calls)[number];

/** Where integers are that the threads share. What changes often has a cache line to itself. */
export const CONTROL = {
  /** The number of the call; a thread that sleeps waits for its change. */
  turn: 0,
  /** Which call it is. */
  call: 1,
  /** 1 if a thread has ended. */
  isLost: 2,
  /** How many threads have not answered; the caller waits for its change. A thread that ends adds `LOST`. */
  undone: 16,
  /** The slots of the threads begin here. */
  slots: 32,
} as const;

/** More than there are threads. */
export const LOST = 1 << 20;

/** The integers of one thread. */
export const SLOT = {
  /** Which env it calls, −1 for none. */
  at: 0,
  /** The turn that it has done. */
  done: 1,
  /** 1 if a message has been sent with the answer. */
  hasMessage: 2,
  size: 16,
} as const;

/** Where the slot of a thread begins. */
export function slotOf(thread: number): number {
  return CONTROL.slots + thread * SLOT.size;
}

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

/** What a call has beside shared memory. The turn tells it from one that was never made. */
export interface CallMessage {
  readonly turn: number;
  readonly reset?: VectorResetOptions;
  readonly state?: { readonly envs: unknown[]; readonly ended: number[] };
}

/** What an answer has beside shared memory. */
export interface AnswerMessage {
  /** An error, and which env failed: −1 if none did. */
  readonly error?: { readonly message: string; readonly stack: string | undefined; readonly at: number };
  /** The infos that are not empty, by their rows among all. */
  readonly infos?: readonly (readonly [row: number, info: Info])[] | undefined;
  readonly finalInfos?: readonly (readonly [row: number, info: Info])[] | undefined;
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
