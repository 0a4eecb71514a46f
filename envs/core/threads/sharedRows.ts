import { newVectorStep, type VectorStep } from '../vectorEnv.ts';

/** How many rows a vector env has, and how many numbers each. */
export interface RowSizes {
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
