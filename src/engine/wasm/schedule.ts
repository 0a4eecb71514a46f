import type { Node, Value } from '../graph/value.ts';
import { isElementwise } from './elementwise.ts';
import { wideShape } from './kernels/grid.ts';

/** Nodes that become one kernel. */
export interface Group {
  readonly kind: 'grid' | 'single';
  readonly nodes: Node[];
}

/** WebAssembly functions have at most 50,000 local variables, of which the longest operations take some 60 each. */
const LARGEST_GROUP = 256;

/** The node that calculates what `value` is a view of; undefined for inputs and constants. */
export type SourceOf = (value: Value) => Node | undefined;

/**
 * Nodes in groups, in an order in which these can run. An elementwise node joins the first group of its shape that has room and comes after
 * all that it needs; in the same group it may use results as they are, but no views of them.
 */
export function schedule(nodes: readonly Node[], sourceOf: SourceOf): Group[] {
  const groups: Group[] = [];
  const placeOf = new Map<Node, number>();
  const byShape = new Map<string, number[]>();
  for (const node of nodes) {
    if (!isElementwise(node.op)) {
      placeOf.set(node, groups.length);
      groups.push({ kind: 'single', nodes: [node] });
      continue;
    }
    const key = wideShape(node.outputs[0]!.shape).join();
    let candidates = byShape.get(key);
    if (candidates === undefined) {
      candidates = [];
      byShape.set(key, candidates);
    }
    let earliest = 0;
    for (const value of node.inputs) {
      const source = sourceOf(value);
      if (source === undefined) continue;
      const place = placeOf.get(source)!;
      const isDirect = value.node === source && wideShape(value.shape).join() === key && groups[place]!.kind === 'grid';
      earliest = Math.max(earliest, isDirect ? place : place + 1);
    }
    let place = candidates.find(
      (candidate) => candidate >= earliest && groups[candidate]!.nodes.length < LARGEST_GROUP,
    );
    if (place === undefined) {
      place = groups.length;
      groups.push({ kind: 'grid', nodes: [] });
      candidates.push(place);
    }
    groups[place]!.nodes.push(node);
    placeOf.set(node, place);
  }
  return groups;
}
