import type { Data } from '../graph/value.ts';
import type { Model } from './model.ts';

/** An ONNX model, ready to run, with the arrays that it reads and writes. */
export interface Session {
  /** Sets the array that holds input `index`, read at each run. */
  setInput(index: number, data: Data): void;
  /** Sets the array that output `index` is written to. */
  setOutput(index: number, data: Data): void;
  run(): void;
  dispose(): void;
}

/** Makes a session of a model, or throws what ONNX Runtime says. */
export type CreateSession = (model: Model) => Session;

/**
 * ONNX Runtime would undo the transposes that keep products with few columns fast; and it would make one division of a product with a
 * reciprocal, and a product with 1/x of the division of a matrix product by x, which round otherwise than eager code.
 */
export const DISABLED_OPTIMIZERS = 'GemmTransposeFusion;DivMulFusion;MatMulScaleFusion';
