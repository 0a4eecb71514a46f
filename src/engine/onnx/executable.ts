import { type Data, elementCount, newData, type PartPort, type Port } from '../graph/value.ts';
import {
  costOf,
  type Executable,
  type GraphCost,
  type Program,
  plainStorage,
  type Runtime,
  type Slot,
} from '../runtime/runtime.ts';
import { JOIN_LIMIT, lower, type ModelSide, type TensorPart } from './lower.ts';
import type { Model, TensorSpec } from './model.ts';

/** The arrays of one side of a session by the ports of the tensors, which may be joined in one array. */
class Side {
  readonly #specs: readonly TensorSpec[];
  readonly #indexOf: ReadonlyMap<Port | undefined, number>;
  readonly #arrays = new Map<Port, Data>();
  readonly #bind: (index: number, data: Data) => void;

  constructor({ tensors, joined: parts }: ModelSide, bind: (index: number, data: Data) => void) {
    this.#specs = [...tensors.values()];
    this.#indexOf = new Map([...tensors.keys()].map((port, i) => [port, i]));
    this.#bind = bind;
    const joined = new Float32Array(parts.reduce((size, part) => size + part.size, 0));
    for (const { port, offset, size } of parts) this.#arrays.set(port, joined.subarray(offset, offset + size));
    if (parts.length > 0) this.bind(undefined, joined);
  }

  /** The array that stands for a tensor; undefined if the model has no such tensor. */
  array(port: Port): Data | undefined {
    const known = this.#arrays.get(port);
    if (known !== undefined) return known;
    const index = this.#indexOf.get(port);
    if (index === undefined) return undefined;
    const { dtype, shape } = this.#specs[index]!;
    const data = newData(dtype, elementCount(shape as number[]));
    this.#arrays.set(port, data);
    this.#bind(index, data);
    return data;
  }

  /**
   * The array of this side's own for what is in `data`, if it must be copied: since the tensor is joined with others, or `data` is shared
   * between threads, which ONNX Runtime does not take.
   */
  part(port: Port, { buffer }: Data): Float32Array | undefined {
    const isShared = typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;
    return (isShared ? this.array(port) : this.#arrays.get(port)) as Float32Array | undefined;
  }

  /** Sets the array of a tensor, or what is in it where it is copied, if the model has it. */
  give(port: Port, data: Data): void {
    const part = this.part(port, data);
    if (part === undefined) this.bind(port, data);
    else part.set(data as Float32Array);
  }

  /** Sets the array of a tensor that is not joined, or of the one that joins others, if the model has it. */
  bind(port: Port | undefined, data: Data): void {
    const index = this.#indexOf.get(port);
    if (index !== undefined) this.#bind(index, data);
  }
}

type InputPart = TensorPart<PartPort>;

class OnnxExecutable implements Executable {
  readonly cost: GraphCost;
  readonly #name: string;
  readonly #session: Session;
  readonly #inputs: Side;
  readonly #outputs: Side;
  /** The model's inputs that are parts of the program's, by the ports of these. */
  readonly #parts = new Map<Port, InputPart[]>();
  /** Looks at the parts of an array. State alternates between two arrays, so most are made once. */
  readonly #views = new Map<InputPart, Map<Data, Data>>();
  /** Outputs that are copied after a run. */
  readonly #copies = new Map<Float32Array, Data>();

  constructor({ name, outputs, moving }: Program, engine: string, createSession: CreateSession) {
    const { model, inputs, outputs: written, inputParts } = lower(outputs, { name, joinLimit: JOIN_LIMIT, moving });
    for (const part of inputParts) {
      const { whole } = part.port;
      this.#parts.set(whole, [...(this.#parts.get(whole) ?? []), part]);
    }
    this.#name = name;
    const session = this.#explained(() => createSession(model));
    this.cost = { ...costOf(outputs), engine, nodes: model.nodes.length };
    this.#session = session;
    this.#inputs = new Side(inputs, (i, data) => session.setInput(i, data));
    this.#outputs = new Side(written, (i, data) => session.setOutput(i, data));
  }

  input(port: Port): Slot | undefined {
    const data = this.#inputs.array(port);
    return data && { data };
  }

  output(port: Port): Slot {
    return { data: this.#outputs.array(port)! };
  }

  readFrom(port: Port, { data }: Slot): void {
    this.#inputs.give(port, data);
    for (const part of this.#parts.get(port) ?? []) this.#inputs.give(part.port, this.#view(part, data));
  }

  #view(part: InputPart, data: Data): Data {
    let views = this.#views.get(part);
    if (views === undefined) {
      views = new Map();
      this.#views.set(part, views);
    }
    let view = views.get(data);
    if (view === undefined) {
      if (views.size >= 2) views.clear();
      view = data.subarray(part.offset, part.offset + part.size);
      views.set(data, view);
    }
    return view;
  }

  writeTo(port: Port, { data }: Slot): void {
    const part = this.#outputs.part(port, data);
    if (part === undefined) this.#outputs.bind(port, data);
    else this.#copies.set(part, data);
  }

  run(): void {
    this.#explained(() => this.#session.run());
    for (const [part, data] of this.#copies) (data as Float32Array).set(part);
  }

  dispose(): void {
    this.#session.dispose();
  }

  #explained<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw runtimeError(this.#name, error);
    }
  }
}

/** A runtime that lowers graphs to ONNX models. */
export function onnxRuntime(name: string, createSession: CreateSession): Runtime {
  return { ...plainStorage, name, load: (program) => new OnnxExecutable(program, name, createSession) };
}

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

/** What ONNX Runtime says, with the compiled function and the tfjs kernels behind the nodes that it names; see {@link Emitter}. */
function runtimeError(name: string, error: unknown): Error {
  const message = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
  const kernels = [...new Set([...message.matchAll(/['(]\/(\w+)\/\w+[')]/g)].map(([, kernel]) => `'${kernel}'`))];
  const where = kernels.length === 0 ? '' : ` in the tfjs kernel ${kernels.join(', ')}`;
  return new Error(`compile('${name}'): ONNX Runtime fails${where}: ${message}`, { cause: error });
}
