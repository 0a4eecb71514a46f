import { reachable } from '../graph/graph.ts';
import { elementCount, type Node, type Value } from '../graph/value.ts';
import type { GraphCost } from './runtime.ts';

/** The cost of a graph that runs as so many operations. */
export function costOf(outputs: readonly (readonly [string, Value])[], nodes: number): GraphCost {
  const graph = reachable(outputs.map(([, value]) => value));
  return { nodes, productFlops: graph.reduce((sum, node) => sum + flopsOf(node), 0) };
}

function flopsOf({ op, inputs, outputs, attributes }: Node): number {
  if (op !== 'MatMul') return 0;
  return 2 * elementCount(outputs[0]!.shape) * inputs[0]!.shape.at(attributes.transA === 1 ? -2 : -1)!;
}
