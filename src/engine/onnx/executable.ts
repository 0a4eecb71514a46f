import { type Data, elementCount, newData } from '../graph/value.ts';
import { costOf } from '../runtime/graphCost.ts';
import { plainStorage } from '../runtime/plainStorage.ts';
import type { Executable, GraphCost, Program, Runtime, Slot } from '../runtime/runtime.ts';
import { type InputPart, type JoinedPart, lower } from './lower.ts';
import type { TensorSpec } from './model.ts';
import { runtimeError } from './runtimeError.ts';
import type { CreateSession, Session } from './session.ts';
import { JOIN_LIMIT } from './tuning.ts';

/** The arrays of one side of a session by the names of the tensors, which may be joined in one array. */
class Side {
  readonly #specs: readonly TensorSpec[];
  readonly #arrays = new Map<string, Data>();
  readonly #bind: (index: number, data: Data) => void;

  constructor(
    specs: readonly TensorSpec[],
    parts: readonly JoinedPart[],
    joinedName: string,
    bind: (index: number, data: Data) => void,
  ) {
    this.#specs = specs;
    this.#bind = bind;
    const joined = new Float32Array(parts.reduce((size, part) => size + part.size, 0));
    for (const { name, offset, size } of parts) this.#arrays.set(name, joined.subarray(offset, offset + size));
    if (parts.length > 0) this.bind(joinedName, joined);
  }

  /** The array that stands for a tensor; undefined if the model has no such tensor. */
  array(name: string): Data | undefined {
    const known = this.#arrays.get(name);
    if (known !== undefined) return known;
    const spec = this.#specs.find((other) => other.name === name);
    if (spec === undefined) return undefined;
    const data = newData(spec.dtype, elementCount(spec.shape as number[]));
    this.#arrays.set(name, data);
    this.bind(name, data);
    return data;
  }

  /** The part of the joined array that stands for a tensor, if it is joined. */
  part(name: string): Float32Array | undefined {
    return this.#arrays.get(name) as Float32Array | undefined;
  }

  /** Sets the array of a tensor, or what is in it where it is joined, if the model has it. */
  give(name: string, data: Data): void {
    const part = this.part(name);
    if (part === undefined) this.bind(name, data);
    else part.set(data as Float32Array);
  }

  /** Sets the array of a tensor that is not joined, if the model has it. */
  bind(name: string, data: Data): void {
    const index = this.#specs.findIndex((spec) => spec.name === name);
    if (index >= 0) this.#bind(index, data);
  }
}

class OnnxExecutable implements Executable {
  readonly cost: GraphCost;
  readonly #name: string;
  readonly #session: Session;
  readonly #inputs: Side;
  readonly #outputs: Side;
  /** The model's inputs that are parts of the program's, by the names of these. */
  readonly #parts = new Map<string, InputPart[]>();
  /** Looks at the parts of an array. State alternates between two arrays, so most are made once. */
  readonly #views = new Map<InputPart, Map<Data, Data>>();
  /** Joined outputs that are copied after a run. */
  readonly #copies = new Map<Float32Array, Data>();

  constructor({ name, outputs, moving }: Program, engine: string, createSession: CreateSession) {
    const options = { name, joinLimit: JOIN_LIMIT, moving: new Set(moving) };
    const { model, inputParts, joinedInputs, joinedOutputs } = lower(outputs, options);
    for (const part of inputParts) this.#parts.set(part.input, [...(this.#parts.get(part.input) ?? []), part]);
    this.#name = name;
    const session = this.#explained(() => createSession(model));
    this.cost = { ...costOf(outputs), engine, nodes: model.nodes.length };
    this.#session = session;
    this.#inputs = new Side(model.inputs, joinedInputs, 'inputs', (i, data) => session.setInput(i, data));
    this.#outputs = new Side(model.outputs, joinedOutputs, 'outputs', (i, data) => session.setOutput(i, data));
  }

  input(name: string): Slot | undefined {
    const data = this.#inputs.array(name);
    return data && { data };
  }

  output(name: string): Slot {
    return { data: this.#outputs.array(name)! };
  }

  readFrom(name: string, { data }: Slot): void {
    this.#inputs.give(name, data);
    for (const part of this.#parts.get(name) ?? []) this.#inputs.give(part.name, this.#view(part, data));
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

  writeTo(name: string, { data }: Slot): void {
    const part = this.#outputs.part(name);
    if (part === undefined) this.#outputs.bind(name, data);
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
