import type { Port, Ported } from '../graph/port.ts';
import type { Data, ElementType } from '../graph/value.ts';

/** A graph to run, by its outputs; its inputs are those that they need. */
export interface Program {
  /** The compiled function's, for errors. */
  readonly name: string;
  readonly outputs: readonly Ported[];
  /** The inputs and outputs that {@link Executable.readFrom} and {@link Executable.writeTo} are used for. */
  readonly moving: ReadonlySet<Port>;
}

/** What runs a program, and what that costs. */
export interface GraphCost {
  /** The name of the runtime. */
  readonly engine: string;
  /** The operations that are run, after fusions. */
  readonly nodes: number;
  /** Floating-point operations of its matrix products. */
  readonly productFlops: number;
}

/** One of the functions that a program consists of. */
export interface KernelProfile {
  /** What it does: its operations and shapes. */
  readonly label: string;
  readonly microseconds: number;
  /** What it moves through memory at least: each tensor once, a broadcast one as it lies there. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** A place for numbers. Its array may be another at another time: it is to be asked anew for each use. */
export interface Slot {
  readonly data: Data;
}

/** A program that is ready to run, with the places that it reads and writes. No place is both read and written by one run. */
export interface Executable {
  readonly cost: GraphCost;
  /** Where an input is read from at each run; undefined if the program has no such input. */
  input(port: Port): Slot | undefined;
  /** Where an output is written to at each run. */
  output(port: Port): Slot;
  /** Lets the next runs read a moving input from a place. An input that the program does not have is ignored. */
  readFrom(port: Port, source: Slot): void;
  /** Lets the next runs write a moving output to a place. */
  writeTo(port: Port, target: Slot): void;
  /** @throws if the runtime fails; what has been written is undefined then */
  run(): void;
  /** Runs, and then times each kernel by many calls of it; absent where the runtime cannot. @throws as {@link run} */
  profile?(): KernelProfile[];
  dispose(): void;
}

/** Where numbers can be kept. */
export interface Storage {
  /** A place, filled with zeros. */
  allocate(dtype: ElementType, size: number): Slot;
}

/** Something that runs graphs. In its own storage its executables read and write without copies. */
export interface Runtime extends Storage {
  readonly name: string;
  /** @throws if the runtime cannot run the program */
  load(program: Program): Executable;
  /** Waits for what must begin beside this thread before it runs programs well, if there is something. */
  ready?(): Promise<void>;
  /** Ends its threads, if it has some; what it has loaded runs on without them. */
  dispose?(): void;
}
