import {
  type Attributes,
  type Data,
  type ElementType,
  elementCount,
  type Node,
  newData,
  type Port,
  sameShape,
  type Value,
} from '../graph/value.ts';
import { ELEMENT_TYPE, type Model, type ModelNode, type TensorSpec } from './model.ts';

/**
 * Collects the nodes of a model and names its tensors. Names of its own begin with '/', which users' names do not; those of nodes
 * are `/kernel/op…`, after the tfjs kernel that they come from.
 */
export class Emitter {
  /** Whether the model has the operations of the ONNX standard only, and names for users. */
  readonly standard: boolean;
  readonly nodes: ModelNode[] = [];
  /** The model's inputs; one that joins others has no port. */
  readonly inputs = new Map<Port | undefined, TensorSpec>();
  readonly initializers = new Map<string, Model['initializers'][number]>();
  /** The tfjs kernel behind the nodes that are emitted, '' for none. */
  origin = '';
  /** For each value the names of its elements, by the shape under which they have each. Reshapes share them. */
  readonly #names = new Map<Value, Map<string, string>>();
  readonly #casts = new Map<string, Value>();

  constructor(standard: boolean) {
    this.standard = standard;
  }

  /** The name of an input or output. */
  portName(port: Port): string {
    return tensorName(port, this.standard);
  }

  /** Gives `value` a name; false if it has one. */
  name(value: Value, name: string): boolean {
    if (this.#names.has(value)) return false;
    this.#names.set(value, new Map([[String(value.shape), name]]));
    return true;
  }

  nameOf(value: Value): string {
    return this.#shaped(this.#namesOf(value), value.shape);
  }

  /** Says that the elements of `value` are those of the tensor `name`, under another shape. It is reshaped where that is asked for. */
  standFor(value: Value, name: string, shape: readonly number[]): void {
    this.#share(value, new Map([[String(shape), name]]));
  }

  /** Says that `value` is `source` under its own shape. */
  alias(value: Value, source: Value): void {
    this.#share(value, this.#namesOf(source));
  }

  #share(value: Value, names: Map<string, string>): void {
    const own = this.#names.get(value);
    if (own === undefined) this.#names.set(value, names);
    else this.reshape(firstOf(names), value.shape, firstOf(own));
  }

  #namesOf(value: Value): Map<string, string> {
    const { id, dtype, shape, constant: data, input } = value;
    const name = input === undefined ? `/${data === undefined ? 'v' : 'c'}${id}` : this.portName(input);
    if (this.name(value, name)) {
      if (data !== undefined) this.initializers.set(name, { name, dtype, shape, data });
      if (input !== undefined) this.inputs.set(input, { name, dtype, shape });
    }
    return this.#names.get(value)!;
  }

  /** The name under a shape of a tensor that has other names under others. */
  #shaped(names: Map<string, string>, shape: readonly number[]): string {
    const key = String(shape);
    const known = names.get(key);
    if (known !== undefined) return known;
    const output = `/Reshape${this.nodes.length}:0`;
    this.reshape(firstOf(names), shape, output);
    names.set(key, output);
    return output;
  }

  /** The name of a constant that is the same for the same key. */
  constant(key: string, dtype: ElementType, shape: readonly number[], data: () => Data): string {
    const name = `/${key}`;
    if (!this.initializers.has(name)) this.initializers.set(name, { name, dtype, shape, data: data() });
    return name;
  }

  int64s(numbers: readonly number[]): string {
    return this.constant(`int64s(${numbers})`, 'int64', [numbers.length], () => newData('int64', numbers.map(BigInt)));
  }

  /** `number` in every element. */
  filled(number: number, shape: readonly number[], dtype: ElementType = 'float32'): string {
    const data = (): Data => (newData(dtype, elementCount(shape)) as Float32Array).fill(number);
    return this.constant(`${dtype}[${shape}]=${number}`, dtype, shape, data);
  }

  /** The name of `value` under another shape of as many elements. */
  reshaped(value: Value, shape: readonly number[]): string {
    const { constant } = value;
    if (constant !== undefined && !sameShape(value.shape, shape)) {
      return this.constant(`c${value.id}[${shape}]`, value.dtype, shape, () => constant);
    }
    return this.#shaped(this.#namesOf(value), shape);
  }

  /** Appends a reshape. In ONNX a 0 is a size that stays, unless it is said to be a size of 0. */
  reshape(input: string, shape: readonly number[], output: string): void {
    this.emit('Reshape', [input, this.int64s(shape)], [output], shape.includes(0) ? { allowzero: 1 } : {});
  }

  /** Appends the cast of a value to the type of another. */
  cast(from: Value, to: Value): void {
    this.emit('Cast', [this.nameOf(from)], [this.nameOf(to)], { to: ELEMENT_TYPE[to.dtype] });
  }

  /** `value` in another type, cast once. */
  castOf(value: Value, dtype: ElementType): Value {
    const name = `/cast${value.id}to${dtype}`;
    const known = this.#casts.get(name);
    if (known !== undefined) return known;
    const result: Value = { id: value.id, shape: value.shape, dtype };
    this.#casts.set(name, result);
    this.name(result, name);
    this.cast(value, result);
    return result;
  }

  /** Appends a node with one output and returns that output's name. */
  add(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const output = `/${op}${this.nodes.length}:0`;
    this.emit(op, inputs, [output], attributes);
    return output;
  }

  emit(
    op: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Attributes = {},
    domain?: string,
  ): void {
    const name = `${this.origin === '' ? '' : `/${this.origin}`}/${op}${this.nodes.length}`;
    this.nodes.push({ name, op, domain, inputs, outputs, attributes });
  }

  /** A node of the graph as it is. */
  emitNode({ op, inputs, outputs, attributes }: Node): void {
    this.emit(
      op,
      inputs.map((value) => this.nameOf(value)),
      outputs.map((value) => this.nameOf(value)),
      attributes,
    );
  }
}

function firstOf(names: ReadonlyMap<string, string>): string {
  return names.values().next().value!;
}

/**
 * The name of a model's input or output.
 * @param standard whether the model leaves the program: its names are the user's then. In others they begin with the role, since an
 *   input and an output may be called alike.
 */
export function tensorName(port: Port, standard: boolean): string {
  switch (port.kind) {
    case 'input':
    case 'output':
      return standard ? port.name : `${port.kind}.${port.name}`;
    case 'draw':
      return standard ? `noise${port.index}` : `draw.${port.index}`;
    case 'part':
      return `${tensorName(port.whole, standard)}/${port.index}`;
    default:
      return `${port.kind}.${port.index}`;
  }
}
