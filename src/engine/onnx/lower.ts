import { reachable } from '../graph/graph.ts';
import { elementCount, type Node, type Value } from '../graph/value.ts';
import { emitBroadcast, emitExpand, emitPad, emitSum, isBroadcasting } from './elementwise.ts';
import { Emitter } from './emitter.ts';
import { emitMatMul, fuseBiases } from './matMul.ts';
import type { Model } from './model.ts';

export interface LowerOptions {
  readonly name: string;
  /** Only operations of the ONNX standard, for models that leave the program; else ONNX Runtime's own ones too. */
  readonly standard?: boolean;
  /** Inputs that the model has even if nothing uses them, in this order. */
  readonly inputs?: readonly Value[];
}

/** What a graph costs. */
export interface GraphCost {
  /** ONNX nodes. */
  readonly nodes: number;
  /** Floating-point operations of its matrix products. */
  readonly productFlops: number;
}

function emitSplit(e: Emitter, node: Node, isUsed: (value: Value) => boolean): void {
  const [source, sizes] = node.inputs as [Value, Value];
  const used = node.outputs.filter(isUsed);
  const copied = used.reduce((sum, value) => sum + elementCount(value.shape), 0);
  // A split copies all parts; slices only those that are used.
  if (used.length === node.outputs.length || copied > elementCount(source.shape) / 2) {
    e.emit(
      'Split',
      [e.nameOf(source), e.nameOf(sizes)],
      node.outputs.map((value) => e.nameOf(value)),
      node.attributes,
    );
    return;
  }
  const axis = node.attributes.axis as number;
  let begin = 0;
  for (const value of node.outputs) {
    const end = begin + value.shape[axis]!;
    if (isUsed(value)) {
      e.emit('Slice', [e.nameOf(source), e.int64s([begin]), e.int64s([end]), e.int64s([axis])], [e.nameOf(value)]);
    }
    begin = end;
  }
}

/**
 * Turns a graph into an ONNX model: names, fusions that depend on who uses what, and for each operation the ONNX nodes that do
 * it fastest.
 */
export function lower(
  outputs: readonly (readonly [name: string, value: Value])[],
  { name, standard = false, inputs = [] }: LowerOptions,
): { readonly model: Model; readonly cost: GraphCost } {
  const nodes = reachable(outputs.map(([, value]) => value));
  const uses = new Map<Value, number>();
  const use = (value: Value): void => void uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const node of nodes) node.inputs.forEach(use);
  for (const [, value] of outputs) use(value);

  const fusions = fuseBiases(nodes, uses);
  const fused = new Set([...fusions.values()].map(({ product }) => product));
  const e = new Emitter();
  for (const input of inputs) e.nameOf(input);
  // Outputs that a node computes carry their names from the start; others are copied at the end.
  const copies = outputs.filter(([output, value]) => value.node === undefined || !e.name(value, output));
  let productFlops = 0;
  for (const node of nodes) {
    const [output] = node.outputs as [Value];
    if (node.op === 'MatMul') {
      productFlops +=
        2 * elementCount(output.shape) * node.inputs[0]!.shape.at(node.attributes.transA === 1 ? -2 : -1)!;
    }
    if (fused.has(node)) continue;
    const fusion = fusions.get(node);
    if (fusion !== undefined) emitMatMul(e, fusion.product, output, standard, fusion.bias);
    else if (node.op === 'MatMul') emitMatMul(e, node, output, standard);
    else if (node.op === 'Split') emitSplit(e, node, (value) => uses.has(value));
    else if (node.op === 'Expand') emitExpand(e, node);
    else if (node.op === 'Pad') emitPad(e, node);
    else if (node.op === 'ReduceSum') emitSum(e, node);
    else if (isBroadcasting(node.op)) emitBroadcast(e, node);
    else e.emitNode(node);
  }
  for (const [output, value] of copies) e.emit('Identity', [e.nameOf(value)], [output]);
  const specs = outputs.map(([output, { dtype, shape }]) => ({ name: output, dtype, shape }));
  const model = { name, nodes: e.nodes, initializers: [...e.initializers.values()], inputs: e.inputs, outputs: specs };
  return { model, cost: { nodes: e.nodes.length, productFlops } };
}
