import { Graph, reachable } from './graph.ts';
import type { Node, Value } from './value.ts';

/** What stands for a node's outputs, made of its inputs; undefined where the node stays. */
export type Expansion = (g: Graph, inputs: readonly Value[], node: Node) => readonly Value[] | undefined;

/** The graph of `outputs` with the nodes of some operations replaced by others, which are not replaced again. */
export function rewrite(outputs: readonly Value[], expansions: Readonly<Record<string, Expansion>>): readonly Value[] {
  const nodes = reachable(outputs);
  if (nodes.every(({ op }) => expansions[op] === undefined)) return outputs;
  const g = new Graph();
  const known = new Map<Value, Value>();
  const translated = (value: Value): Value => {
    let result = known.get(value);
    if (result === undefined) {
      const { shape, dtype, constant, input } = value;
      result = constant === undefined ? g.input(input!, shape, dtype) : g.constant(constant, shape, dtype);
      known.set(value, result);
    }
    return result;
  };
  for (const node of nodes) {
    const inputs = node.inputs.map(translated);
    const expansion = expansions[node.op];
    const results = expansion?.(g, inputs, node) ?? g.nodes(node.op, inputs, node.outputs, node.attributes);
    node.outputs.forEach((value, i) => {
      known.set(value, results[i]!);
    });
  }
  return outputs.map(translated);
}
