import { reachable, rewrite, usedInputs } from '../graph/graph.ts';
import type { Attribute, Attributes, ElementType, Node, Port, Ported, Value } from '../graph/value.ts';
import { EXPANSIONS } from './expansions.ts';
import { ELEMENT_TYPE, type Model, type ModelNode, type TensorSpec } from './model.ts';

/**
 * Collects the nodes of a model and names its tensors. Names of its own begin with '/', which users' names do not; those of nodes
 * are `/kernel/op…`, after the tfjs kernel that they come from.
 */
class Emitter {
  readonly nodes: ModelNode[] = [];
  readonly inputs = new Map<Port, TensorSpec>();
  readonly initializers = new Map<string, Model['initializers'][number]>();
  /** The tfjs kernel behind the nodes that are emitted, '' for none. */
  origin = '';
  readonly #names = new Map<Value, string>();
  readonly #casts = new Map<string, Value>();

  /** Gives `value` a name; false if it has one. */
  name(value: Value, name: string): boolean {
    if (this.#names.has(value)) return false;
    this.#names.set(value, name);
    return true;
  }

  nameOf(value: Value): string {
    const { id, dtype, shape, constant: data, input } = value;
    const name = input === undefined ? `/${data === undefined ? 'v' : 'c'}${id}` : tensorName(input);
    if (this.name(value, name)) {
      if (data !== undefined) this.initializers.set(name, { name, dtype, shape, data });
      if (input !== undefined) this.inputs.set(input, { name, dtype, shape });
    }
    return this.#names.get(value)!;
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

  emit(op: string, inputs: readonly string[], outputs: readonly string[], attributes: Attributes = {}): void {
    const name = `${this.origin === '' ? '' : `/${this.origin}`}/${op}${this.nodes.length}`;
    this.nodes.push({ name, op, inputs, outputs, attributes });
  }

  /** A node of the graph as it is, or with other attributes. */
  emitNode({ op, inputs, outputs, attributes }: Node): void {
    this.emit(
      op,
      inputs.map((value) => this.nameOf(value)),
      outputs.map((value) => this.nameOf(value)),
      attributes,
    );
  }
}

/** The name of a model's input or output: the user's, or `noise0`, `noise1`, … for draws. */
function tensorName(port: Port): string {
  if (port.kind === 'draw') return `noise${port.index}`;
  return 'name' in port ? port.name : `${port.kind}.${port.index}`;
}

/** A product, whose sides are transposed by operations of their own. */
function emitMatMul(e: Emitter, { inputs: [a, b], outputs, attributes }: Node): void {
  const side = (value: Value, flag: Attribute | undefined): string => {
    if (flag !== 1) return e.nameOf(value);
    const axes = value.shape.map((_, i) => i);
    const perm = [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!];
    return e.add('Transpose', [e.nameOf(value)], { perm });
  };
  e.emit('MatMul', [side(a!, attributes.transA), side(b!, attributes.transB)], [e.nameOf(outputs[0]!)]);
}

/** Bounds; of integers by two operations, since ONNX Runtime fails to fuse integer bounds with a Relu before them. */
function emitClip(e: Emitter, node: Node): void {
  const [output] = node.outputs as [Value];
  if (output.dtype === 'float32') {
    e.emitNode(node);
    return;
  }
  const [x, low, high] = node.inputs.map((value) => e.nameOf(value)) as [string, string, string];
  e.emit('Min', [e.add('Max', [x, low]), high], [e.nameOf(output)]);
}

/** A reshape. In ONNX a 0 is a size that stays, unless it is said to be a size of 0. */
function emitReshape(e: Emitter, node: Node): void {
  const isEmpty = node.outputs[0]!.shape.includes(0);
  e.emitNode(isEmpty ? { ...node, attributes: { allowzero: 1 } } : node);
}

/** A choice; between bools, which ONNX Runtime does not have, as one between integers. */
function emitWhere(e: Emitter, node: Node): void {
  const [condition, ...branches] = node.inputs;
  if (branches[0]!.dtype !== 'bool') {
    e.emitNode(node);
    return;
  }
  const [output] = node.outputs as [Value];
  const result: Value = { id: output.id, shape: output.shape, dtype: 'int32' };
  e.name(result, `/result${output.id}`);
  const inputs = [condition!, ...branches.map((value) => e.castOf(value, 'int32'))];
  e.emitNode({ ...node, inputs, outputs: [result] });
  e.cast(result, output);
}

/** How operations are emitted that ONNX has in another form. */
const EMITTERS: Readonly<Record<string, (e: Emitter, node: Node) => void>> = {
  MatMul: emitMatMul,
  Cast: (e, { inputs, outputs }) => e.cast(inputs[0]!, outputs[0]!),
  Clip: emitClip,
  Reshape: emitReshape,
  Where: emitWhere,
};

/**
 * Turns a graph into an ONNX model of operations of the standard.
 * @param inputs what the model takes even if nothing uses it, in this order
 * @returns the model, and its inputs in their order by where they come from
 */
export function lower(
  given: readonly Ported[],
  { name, inputs = [] }: { readonly name: string; readonly inputs?: readonly Value[] },
): { readonly model: Model; readonly inputs: ReadonlyMap<Port, TensorSpec> } {
  const rewritten = rewrite(
    given.map(([, value]) => value),
    EXPANSIONS,
  );
  const outputs = given.map(([port], i): Ported => [port, rewritten[i]!]);
  const nodes = reachable(rewritten);
  const e = new Emitter();
  for (const input of [...inputs, ...usedInputs(rewritten, nodes)]) e.nameOf(input);
  // Outputs that a node computes carry their names from the start; others are copied at the end.
  const copies = outputs.filter(([port, value]) => value.node === undefined || !e.name(value, tensorName(port)));
  for (const node of nodes) {
    e.origin = node.origin;
    const emit = EMITTERS[node.op];
    if (emit === undefined) e.emitNode(node);
    else emit(e, node);
  }
  e.origin = '';
  for (const [port, value] of copies) e.emit('Identity', [e.nameOf(value)], [tensorName(port)]);
  const model = {
    name,
    nodes: e.nodes,
    initializers: [...e.initializers.values()],
    inputs: [...e.inputs.values()],
    outputs: outputs.map(([port, { dtype, shape }]) => ({ name: tensorName(port), dtype, shape })),
  };
  return { model, inputs: e.inputs };
}
