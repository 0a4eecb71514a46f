import { reachable } from '../graph/graph.ts';
import { CONVOLUTIONS, convolutionOf } from '../graph/linearAlgebra.ts';
import {
  type Data,
  type ElementType,
  elementCount,
  type Node,
  newData,
  type Port,
  type Ported,
} from '../graph/value.ts';

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
  /** Runs, and then times each kernel by many calls of it. @throws as {@link run} */
  profile(): KernelProfile[];
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

/** The cost of a graph as it stands, before an engine fuses or adds operations. */
export function costOf(outputs: readonly Ported[]): Omit<GraphCost, 'engine'> {
  const nodes = reachable(outputs.map(([, value]) => value));
  return { nodes: nodes.length, productFlops: nodes.reduce((sum, node) => sum + flopsOf(node), 0) };
}

function flopsOf(node: Node): number {
  const { op, inputs, outputs, attributes } = node;
  if (CONVOLUTIONS.has(op)) {
    const { results, filter } = convolutionOf(node);
    return (2 * elementCount(results) * elementCount(filter)) / filter[3];
  }
  if (op !== 'MatMul') return 0;
  return 2 * elementCount(outputs[0]!.shape) * inputs[0]!.shape.at(attributes.transA === 1 ? -2 : -1)!;
}

/** Arrays of their own. */
export const plainStorage: Storage = { allocate: (dtype, size) => ({ data: newData(dtype, size) }) };

/** What the kernels of a compiled function take, each for itself, in the order in which they run. Printed it is a table. */
export class Profile {
  /** The compiled function's. */
  readonly name: string;
  readonly engine: string;
  readonly kernels: readonly KernelProfile[];

  constructor(name: string, engine: string, kernels: readonly KernelProfile[]) {
    this.name = name;
    this.engine = engine;
    this.kernels = kernels;
  }

  /** The sum over the kernels. */
  get microseconds(): number {
    return this.kernels.reduce((sum, kernel) => sum + kernel.microseconds, 0);
  }

  /** One line for the whole, one for each kernel: microseconds, their share, kilobytes read and written, what it does. */
  toString(): string {
    const total = this.microseconds;
    const row = (...cells: string[]): string => cells.map((cell) => cell.padStart(8)).join('');
    const lines = this.kernels.map(({ label, microseconds, bytesRead, bytesWritten }) => {
      const share = (100 * microseconds) / total;
      const kilobytes = [bytesRead, bytesWritten].map((bytes) => (bytes / 1000).toFixed(1));
      return `${row(microseconds.toFixed(2), share.toFixed(1), ...kilobytes)}  ${label}`;
    });
    return [
      `${this.name} on ${this.engine}: ${this.kernels.length} kernels, ${total.toFixed(1)} µs`,
      `${row('µs', '%', 'kB in', 'kB out')}  kernel`,
      ...lines,
    ].join('\n');
  }
}
