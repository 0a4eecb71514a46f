import { type Data, type ElementType, newData } from './graph/value.ts';
import type { JoinedPart, Lowered } from './onnx/lower.ts';
import { encodeModel, type TensorSpec } from './onnx/model.ts';
import type { Runtime, Session } from './runtime/session.ts';
import type { Pack } from './state/pack.ts';

/** The arrays of one side of a session by the names of the tensors, joined or not. */
class Side {
  readonly #specs: readonly TensorSpec[];
  readonly #parts: ReadonlyMap<string, JoinedPart>;
  readonly #joined: Float32Array;
  readonly #bind: (index: number, data: Data) => void;

  constructor(
    specs: readonly TensorSpec[],
    parts: readonly JoinedPart[],
    joinedName: string,
    bind: (index: number, data: Data) => void,
  ) {
    this.#specs = specs;
    this.#parts = new Map(parts.map((part) => [part.name, part]));
    this.#joined = new Float32Array(parts.reduce((size, part) => size + part.size, 0));
    this.#bind = bind;
    if (parts.length > 0) bind(this.indexOf(joinedName), this.#joined);
  }

  /** The place of an unjoined tensor, −1 for none. */
  indexOf(name: string): number {
    return this.#specs.findIndex((spec) => spec.name === name);
  }

  /** The part of the joined array that stands for a tensor, if it is joined. */
  part(name: string): Float32Array | undefined {
    const part = this.#parts.get(name);
    return part && this.#joined.subarray(part.offset, part.offset + part.size);
  }

  /** The array that stands for a tensor. One that the model does not have gets an array all the same. */
  array(name: string, dtype: ElementType, size: number): Data {
    const part = this.part(name);
    if (part !== undefined) return part;
    const data = newData(dtype, size);
    const index = this.indexOf(name);
    if (index >= 0) this.#bind(index, data);
    return data;
  }
}

/** A pack's ways into the session and out of it. */
interface PackPort {
  readonly pack: Pack;
  readonly input: number;
  readonly inputPart: Float32Array | undefined;
  readonly output: number;
  readonly outputPart: Float32Array | undefined;
}

/** A session with the arrays that it reads and writes, by the names of the tensors. */
export class Ports {
  readonly #session: Session;
  readonly #inputs: Side;
  readonly #outputs: Side;
  readonly #packs: PackPort[] = [];

  constructor({ model, joinedInputs, joinedOutputs }: Lowered, runtime: Runtime) {
    const session = runtime.createSession(encodeModel(model), model.inputs, model.outputs);
    this.#session = session;
    this.#inputs = new Side(model.inputs, joinedInputs, 'inputs', (i, data) => session.setInput(i, data));
    this.#outputs = new Side(model.outputs, joinedOutputs, 'outputs', (i, data) => session.setOutput(i, data));
  }

  input(name: string, dtype: ElementType, size: number): Data {
    return this.#inputs.array(name, dtype, size);
  }

  output(name: string, dtype: ElementType, size: number): Data {
    return this.#outputs.array(name, dtype, size);
  }

  /** Feeds the pack to the input, and takes its next values from the output, if there are such. */
  addPack(pack: Pack, inputName: string, outputName: string): void {
    const port: PackPort = {
      pack,
      input: this.#inputs.indexOf(inputName),
      inputPart: this.#inputs.part(inputName),
      output: this.#outputs.indexOf(outputName),
      outputPart: this.#outputs.part(outputName),
    };
    if (port.input >= 0 || port.inputPart || port.output >= 0 || port.outputPart) this.#packs.push(port);
  }

  run(): void {
    const session = this.#session;
    for (const { pack, input, inputPart, output } of this.#packs) {
      pack.refresh();
      if (inputPart !== undefined) inputPart.set(pack.values as Float32Array);
      else if (input >= 0) session.setInput(input, pack.values);
      if (output >= 0) session.setOutput(output, pack.nextValues);
    }
    session.run();
    for (const { pack, output, outputPart } of this.#packs) {
      if (outputPart !== undefined) (pack.nextValues as Float32Array).set(outputPart);
      else if (output < 0) continue;
      pack.commit();
    }
  }

  dispose(): void {
    this.#session.dispose();
  }
}
