import { CONVOLUTIONS } from '../graph/convolution.ts';
import { Graph, reachable } from '../graph/graph.ts';
import type { Port, Ported } from '../graph/port.ts';
import { elementCount, type Node, type Value } from '../graph/value.ts';
import { isElementwise } from '../wasm/elementwise.ts';
import type { Program } from './runtime.ts';

/** Where nodes run: matrix products and what surrounds them, or arithmetic on variables. */
export type Part = 'products' | 'variables';

/** A part of a program that runs at once. What stages give one another are outputs of one and inputs of others. */
export interface Stage {
  readonly part: Part;
  readonly outputs: readonly Ported[];
}

/** Operations that only name numbers anew: each stage does those itself that it needs. */
const VIEWS = new Set(['Reshape', 'Split', 'Slice', 'Identity']);

const isView = ({ op }: Node): boolean => VIEWS.has(op);

/** What `value` is a view of. */
function viewed(value: Value): Value {
  let at = value;
  while (at.node !== undefined && isView(at.node)) at = at.node.inputs[0]!;
  return at;
}

/**
 * Cuts a program into stages, to be run one after the other: the arithmetic on variables, which optimizers and averages of networks are,
 * apart from the rest.
 */
export function partition({ outputs }: Pick<Program, 'outputs'>): Stage[] {
  const nodes = reachable(outputs.map(([, value]) => value));
  const isOnVariables = arithmeticOnVariables(nodes, outputs);
  const levels = levelsOf(nodes, isOnVariables);
  let [first, last] = [0, 0];
  for (const level of levels.values()) [first, last] = [Math.min(first, level), Math.max(last, level)];
  const ports = new Map<Value, Port>();
  for (const [port, value] of outputs) if (!ports.has(value)) ports.set(value, port);
  const portOf = (value: Value): Port => {
    const port = ports.get(value) ?? { kind: 'cut', index: value.id };
    ports.set(value, port);
    return port;
  };
  /** For each level what leaves it. */
  const leaving = new Map<number, Map<Port, Value>>();
  const leave = (value: Value, port: Port): void => {
    const { node } = viewed(value);
    const level = node === undefined ? last : levels.get(node)!;
    leaving.set(level, (leaving.get(level) ?? new Map()).set(port, value));
  };
  for (const [port, value] of outputs) leave(value, port);
  const stages: Stage[] = [];
  for (let level = last; level >= first; level--) {
    const wanted = [...(leaving.get(level) ?? [])];
    if (wanted.length === 0) continue;
    const isHere = (node: Node): boolean => isView(node) || levels.get(node) === level;
    const { rebuilt, missing } = extract(nodes, wanted, isHere, portOf);
    for (const value of missing) leave(value, portOf(value));
    stages.unshift({ part: level % 2 === 0 ? 'products' : 'variables', outputs: rebuilt });
  }
  return stages;
}

/**
 * The nodes that calculate the variables' next values from the present ones element by element, and what only these need, if that
 * takes no more numbers than it gives: of a gradient's last operations those that do not reduce it.
 */
function arithmeticOnVariables(nodes: readonly Node[], outputs: readonly Ported[]): ReadonlySet<Node> {
  const ofVariables = new Set<Value>();
  const isOfVariables = (value: Value): boolean =>
    value.input?.kind === 'state' ? value.dtype === 'float32' : ofVariables.has(value);
  for (const node of nodes) {
    const isAlike = ({ dtype, shape }: Value): boolean =>
      dtype === 'float32' && elementCount(shape) === elementCount(node.outputs[0]!.shape);
    const isOne = isView(node)
      ? isOfVariables(node.inputs[0]!)
      : isElementwise(node.op) && node.inputs.some((value) => isOfVariables(value) && isAlike(value));
    if (isOne) for (const value of node.outputs) ofVariables.add(value);
  }

  const users = new Map<Node, Set<Node>>();
  for (const node of nodes) {
    if (isView(node)) continue;
    for (const value of node.inputs) {
      const source = viewed(value).node;
      if (source !== undefined) users.set(source, (users.get(source) ?? new Set()).add(node));
    }
  }
  const next = new Set(outputs.filter(([port]) => port.kind === 'next').map(([, value]) => viewed(value).node));
  const result = new Set<Node>();
  const arithmetic = new Set<Node>();
  for (const node of [...nodes].reverse()) {
    if (isView(node) || node.op === 'MatMul' || CONVOLUTIONS.has(node.op)) continue;
    const own = [...(users.get(node) ?? [])];
    const isOne = node.outputs.every((value) => ofVariables.has(value));
    if (isOne && (next.has(node) || own.some((user) => arithmetic.has(user)))) arithmetic.add(node);
    else if (own.length === 0 || !own.every((user) => result.has(user)) || !takesNoMore(node)) continue;
    result.add(node);
  }
  return result;

  /** Whether a node takes no more numbers from elsewhere than it gives. */
  function takesNoMore({ inputs, outputs }: Node): boolean {
    let taken = 0;
    for (const source of new Set(inputs.map(viewed))) {
      if (source.node === undefined || ofVariables.has(source)) continue;
      if (source.dtype !== 'float32') return false;
      taken += elementCount(source.shape);
    }
    return taken <= outputs.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  }
}

/** When each node runs: products at even levels, arithmetic on variables at odd ones, each as late as what needs it allows. */
function levelsOf(nodes: readonly Node[], isOnVariables: ReadonlySet<Node>): Map<Node, number> {
  const levels = new Map<Node, number>();
  const own = nodes.filter((node) => !isView(node));
  const isSame = (a: Node, b: Node): boolean => isOnVariables.has(a) === isOnVariables.has(b);
  const sourcesOf = (node: Node): Node[] => node.inputs.flatMap((value) => viewed(value).node ?? []);
  for (const node of own) {
    let level = isOnVariables.has(node) ? -1 : 0;
    for (const source of sourcesOf(node)) {
      level = Math.max(level, levels.get(source)! + (isSame(node, source) ? 0 : 1));
    }
    levels.set(node, level);
  }
  // What nothing needs ends with the last of its kind.
  const ends = new Map<number, number>();
  for (const level of levels.values()) ends.set(level & 1, Math.max(level, ends.get(level & 1) ?? level));
  const latest = new Map<Node, number>();
  for (const node of own.reverse()) {
    const level = latest.get(node) ?? ends.get(levels.get(node)! & 1)!;
    levels.set(node, level);
    for (const source of sourcesOf(node)) {
      const bound = level - (isSame(node, source) ? 0 : 1);
      latest.set(source, Math.min(latest.get(source) ?? bound, bound));
    }
  }
  return levels;
}

/** The nodes that `wanted` needs here as a graph of their own, and what it needs from elsewhere, which becomes its inputs. */
function extract(
  nodes: readonly Node[],
  wanted: readonly Ported[],
  isHere: (node: Node) => boolean,
  portOf: (value: Value) => Port,
): { rebuilt: Ported[]; missing: ReadonlySet<Value> } {
  const needed = new Set<Value>(wanted.map(([, value]) => value));
  for (const node of [...nodes].reverse()) {
    if (isHere(node) && node.outputs.some((value) => needed.has(value)))
      for (const value of node.inputs) needed.add(value);
  }
  const graph = new Graph();
  const made = new Map<Value, Value>();
  const missing = new Set<Value>();
  const remade = (value: Value): Value => {
    let known = made.get(value);
    if (known !== undefined) return known;
    const { constant, input, shape, dtype, node } = value;
    if (node !== undefined) missing.add(value);
    known =
      constant === undefined
        ? graph.input(input ?? portOf(value), shape, dtype)
        : graph.constant(constant, shape, dtype);
    made.set(value, known);
    return known;
  };
  for (const node of nodes) {
    if (!isHere(node) || !node.outputs.some((value) => needed.has(value))) continue;
    graph.origin = node.origin;
    const results = graph.nodes(node.op, node.inputs.map(remade), node.outputs, node.attributes);
    node.outputs.forEach((value, i) => {
      made.set(value, results[i]!);
    });
  }
  return { rebuilt: wanted.map(([port, value]) => [port, remade(value)]), missing };
}
