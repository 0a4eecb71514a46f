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

/** ONNX Runtime would undo the transposes that keep products with few columns fast. */
export const DISABLED_OPTIMIZERS = 'GemmTransposeFusion';

/**
 * Models of more nodes are run as they are: the time that ONNX Runtime takes to optimize grows with their square (0.25 s for 2,000
 * nodes, 0.85 s for 4,000, 2.8 s for 8,000, against 0.05, 0.18 and 0.56 s without), and what it finds in graphs that are simplified
 * already changes a run by 5 % at most.
 */
export const OPTIMIZED_NODES = 2000;
