import type { Data } from '../graph/value.ts';
import type { TensorSpec } from '../onnx/model.ts';

/**
 * One graph, ready to run, with the arrays that it reads and writes. An array is never both read and written by one run.
 */
export interface Session {
  /** Sets the array that holds input `index`, read at each run. */
  setInput(index: number, data: Data): void;
  /** Sets the array that output `index` is written to. */
  setOutput(index: number, data: Data): void;
  run(): void;
  dispose(): void;
}

/** Something that runs ONNX models. */
export interface Runtime {
  readonly name: string;
  createSession(model: Uint8Array, inputs: readonly TensorSpec[], outputs: readonly TensorSpec[]): Session;
}

/** ONNX Runtime would undo the transposes that keep products with few columns fast. */
export const DISABLED_OPTIMIZERS = 'GemmTransposeFusion';
