import { CONVOLUTIONS, convolutionOf } from '../graph/convolution.ts';
import { reachable } from '../graph/graph.ts';
import type { Ported } from '../graph/port.ts';
import { elementCount, type Node } from '../graph/value.ts';
import type { GraphCost } from './runtime.ts';

/** The cost of a graph as it stands, before an engine fuses or adds operations. */
export function costOf(outputs: readonly Ported[]): Omit<GraphCost, 'engine'> {
  const nodes = reachable(outputs.map(([, value]) => value));
  return { nodes: nodes.length, productFlops: nodes.reduce((sum, node) => sum + flopsOf(node), 0) };
}

function flopsOf(node: Node): number {
  const { op, inputs, outputs, attributes } = node;
  if (CONVOLUTIONS.has(op)) {
    const { results, filter } = convolutionOf(node);
    return (2 * elementCount(results) * elementCount(filter)) / filter[3];
  }
  if (op !== 'MatMul') return 0;
  return 2 * elementCount(outputs[0]!.shape) * inputs[0]!.shape.at(attributes.transA === 1 ? -2 : -1)!;
}
