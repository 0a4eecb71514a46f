import { Graph, reachable } from './graph.ts';
import type { Node, Value } from './value.ts';

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
