import type { Graph } from '../../src/engine/graph/graph.ts';
import type { ElementType, InputValue, Port } from '../../src/engine/graph/value.ts';

/** A graph's input of this name. */
export function input(g: Graph, name: string, shape: readonly number[], dtype: ElementType = 'float32'): InputValue {
  return g.input({ kind: 'input', name }, shape, dtype);
}

/** Where a graph gives a result of this name. */
export function output(name: string): Port {
  return { kind: 'output', name };
}
