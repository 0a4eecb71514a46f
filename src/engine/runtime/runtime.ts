import type { Data, Value } from '../graph/value.ts';

/** A graph to run, by its named outputs; its inputs are those that they need. */
export interface Program {
  /** The compiled function's, for errors. */
  readonly name: string;
  readonly outputs: readonly (readonly [name: string, value: Value])[];
}

/** What a program costs. */
export interface GraphCost {
  /** The operations that are run, after fusions. */
  readonly nodes: number;
  /** Floating-point operations of its matrix products. */
  readonly productFlops: number;
}

/** A program that is ready to run, with the arrays that it reads and writes. No array is both read and written by one run. */
export interface Executable {
  readonly cost: GraphCost;
  /** The array that an input is read from at each run; undefined if the program has no such input. */
  input(name: string): Data | undefined;
  /** The array that an output is written to at each run. */
  output(name: string): Data;
  /** Lets the next run read an input from `data`. An input that the program does not have is ignored. */
  readFrom(name: string, data: Data): void;
  /** Lets the next run write an output to `data`. */
  writeTo(name: string, data: Data): void;
  /** @throws if the runtime fails; what has been written is undefined then */
  run(): void;
  dispose(): void;
}

/** Something that runs graphs. */
export interface Runtime {
  readonly name: string;
  /** @throws if the runtime cannot run the program */
  load(program: Program): Executable;
}
