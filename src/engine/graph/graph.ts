import { checkOperation } from './shapeInference.ts';
import {
  type Attributes,
  type Data,
  type ElementType,
  elementCount,
  type InputValue,
  type Node,
  newData,
  type OutputSpec,
  type Port,
  type Value,
} from './value.ts';

/**
 * A graph under construction: a list of nodes in an order in which they can run. Equal nodes are made once.
 * Dead nodes stay in the list; {@link reachable} leaves them out.
 */
export class Graph {
  readonly inputs: InputValue[] = [];
  /** The tfjs kernel that is being recorded; nodes remember it for errors. */
  origin = '';
  readonly #nodes = new Map<string, Node>();
  readonly #constants = new Map<string, readonly Value[]>();
  #ids: number;

  /** @param firstId from which on values are numbered, so that others of lower numbers can take part */
  constructor(firstId = 0) {
    this.#ids = firstId;
  }

  /** A graph input. */
  input(port: Port, shape: readonly number[], dtype: ElementType): InputValue {
    const value: InputValue = { id: this.#ids++, shape, dtype, input: port };
    this.inputs.push(value);
    return value;
  }

  /** A constant; equal ones are made once. */
  constant(data: Data, shape: readonly number[], dtype: ElementType): Value {
    if (data.length !== elementCount(shape))
      throw new Error(`[${shape}] has not the ${data.length} elements of a constant`);
    // Bytes, since numbers would merge −0 with 0.
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = `${dtype}[${shape}]${hash(bytes)}`;
    const similar = this.#constants.get(key) ?? [];
    const known = similar.find(({ constant }) => constant !== undefined && sameBytes(constant, bytes));
    if (known !== undefined) return known;
    const value: Value = { id: this.#ids++, shape, dtype, constant: data };
    this.#constants.set(key, [...similar, value]);
    return value;
  }

  scalar(number: number, dtype: ElementType = 'float32'): Value {
    return this.constant(newData(dtype, dtype === 'int64' ? [BigInt(number)] : [number]), [], dtype);
  }

  /** A vector of int64, as ONNX takes shapes, axes and bounds. */
  int64s(numbers: readonly number[]): Value {
    return this.constant(newData('int64', numbers.map(BigInt)), [numbers.length], 'int64');
  }

  /** The output of a node with one output. @throws as {@link nodes} */
  node(
    op: string,
    inputs: readonly Value[],
    shape: readonly number[],
    dtype: ElementType,
    attributes: Attributes = {},
  ): Value {
    return this.nodes(op, inputs, [{ shape, dtype }], attributes)[0]!;
  }

  /** The outputs of a node. @throws if the operation does not fit its inputs, or makes something else of them */
  nodes(
    op: string,
    inputs: readonly Value[],
    outputs: readonly OutputSpec[],
    attributes: Attributes = {},
  ): readonly Value[] {
    // The shapes too: windows of several sizes fit one image.
    const results = outputs.map(({ dtype, shape }) => `${dtype}[${shape}]`);
    const key = `${op}(${inputs.map((value) => value.id)})${JSON.stringify(attributes)}${results}`;
    const existing = this.#nodes.get(key);
    if (existing !== undefined) return existing.outputs;
    checkOperation(op, { inputs, outputs, attributes });
    const node: Node = { op, inputs, attributes, outputs: [], origin: this.origin };
    const made = outputs.map(({ shape, dtype }): Value => ({ id: this.#ids++, shape, dtype, node }));
    (node.outputs as Value[]).push(...made);
    this.#nodes.set(key, node);
    return made;
  }
}

/** FNV-1a. */
function hash(bytes: Uint8Array): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) state = Math.imul(state ^ bytes[i]!, 0x01000193);
  return state;
}

function sameBytes(data: Data, bytes: Uint8Array): boolean {
  const others = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return others.length === bytes.length && others.every((byte, i) => byte === bytes[i]);
}

/** The nodes that the outputs need, in an order in which they can run. */
export function reachable(outputs: readonly Value[]): Node[] {
  const seen = new Set<Node>();
  const pending = outputs.flatMap((value) => value.node ?? []);
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    for (const { node: before } of node.inputs) if (before !== undefined) pending.push(before);
  }
  // Values are numbered in the order of creation, and a node is made after its inputs.
  return [...seen].sort((a, b) => a.outputs[0]!.id - b.outputs[0]!.id);
}

/**
 * The graph inputs that the outputs need, in the order in which they were made.
 * @param nodes what is {@link reachable} from the outputs, where that is known
 */
export function usedInputs(outputs: readonly Value[], nodes: readonly Node[] = reachable(outputs)): InputValue[] {
  const values = new Set([...outputs, ...nodes.flatMap(({ inputs }) => inputs)]);
  const isInput = (value: Value): value is InputValue => value.input !== undefined;
  return [...values].filter(isInput).sort((a, b) => a.id - b.id);
}

/**
 * The same number in every element of `value`, or undefined. A uniform tensor is kept as a scalar and an `Expand`, so that
 * it never exists where it is only broadcast.
 */
export function uniformNumber(value: Value): number | undefined {
  if (value.constant !== undefined) return value.constant.length === 1 ? Number(value.constant[0]) : undefined;
  return value.node?.op === 'Expand' ? uniformNumber(value.node.inputs[0]!) : undefined;
}

/** The elements of a constant value, or undefined where it is not constant. */
export function constantData(value: Value): Data | undefined {
  if (value.constant !== undefined) return value.constant;
  const number = uniformNumber(value);
  if (number === undefined) return undefined;
  const data = newData(value.dtype, elementCount(value.shape));
  if (data instanceof BigInt64Array) return data.fill(BigInt(number));
  return data.fill(number);
}

/** What stands for a node's outputs, made of its inputs; undefined where the node stays. */
export type Expansion = (g: Graph, inputs: readonly Value[], node: Node) => readonly Value[] | undefined;

/** The graph of `outputs` with the nodes of some operations replaced by others, which are not replaced again. */
export function rewrite(outputs: readonly Value[], expansions: Readonly<Record<string, Expansion>>): readonly Value[] {
  const nodes = reachable(outputs);
  const values = [...outputs, ...nodes.flatMap((node) => [...node.inputs, ...node.outputs])];
  const g = new Graph(1 + values.reduce((last, { id }) => Math.max(last, id), -1));
  const replaced = new Map<Value, Value>();
  const current = (value: Value): Value => replaced.get(value) ?? value;
  for (const node of nodes) {
    const inputs = node.inputs.map(current);
    g.origin = node.origin;
    const isSame = inputs.every((value, i) => value === node.inputs[i]);
    const results =
      expansions[node.op]?.(g, inputs, node) ??
      (isSame ? node.outputs : g.nodes(node.op, inputs, node.outputs, node.attributes));
    node.outputs.forEach((value, i) => {
      if (results[i] !== value) replaced.set(value, results[i]!);
    });
  }
  return outputs.map(current);
}
