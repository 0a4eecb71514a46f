import { Graph, reachable, usedInputs } from '../graph/graph.ts';
import { CONVOLUTIONS, convolutionOf } from '../graph/linearAlgebra.ts';
import { elementCount, type Node, type Port, type Ported, type Value } from '../graph/value.ts';
import { isElementwise } from '../wasm/elementwise.ts';
import {
  costOf,
  type Executable,
  type GraphCost,
  type Program,
  plainStorage,
  type Runtime,
  type Slot,
  type Storage,
} from './runtime.ts';

// What ONNX Runtime spends on an operation, in floating-point operations of matrix products: so many more it does in that time than
// WebAssembly, which multiplies four floats at once where ONNX Runtime multiplies eight or sixteen. Where both take as long, PPO's steps
// of a Gaussian, RealNVP and a spline flow have 39,000, 36,000 and 36,000 on one AMD EPYC with AVX-512, and 30,000, 30,000 and 28,000 on
// another, where an update of SAC has 42,000 (networks of 64 × 64, batches of 64 to 256, one thread; bench --border).
const FLOPS_PER_OPERATION = 36_000;

// ONNX Runtime makes a convolution image by image: it gathers the windows of each, which is a product of its own, and channels come second
// before it and last after it. So many operations take as long as that does for an image beside the floating-point operations. Both would
// take as long with 2.4 to 2.8 of them for networks of two convolutions on 7 × 7 pixels, with 4 to 5 on 8 × 8 (16 and 32 filters of 3 × 3,
// batches of 32 to 256, forward and training steps, processor time on the same processor).
const OPERATIONS_PER_IMAGE = 4;

// Where all pairs of a row are compared, as quantiles are with their targets, ONNX Runtime goes through memory for each operation, and
// WebAssembly, which fuses them, once for all. What has more elements than so many results of the largest product counts by its elements.
// An update of TQC takes less time on WebAssembly by a factor of 2.1 with networks of 64-64, by 1.4 with 128-128, and as much or up to 1.4 times
// more with 256-256 (batches of 256, 25 quantiles of two critics, processor time beside other work).
const PAIRS_PER_RESULT = 4;
const PAIRS_PER_OPERATION = 1000;

/**
 * Floating-point operations of a program's products for each of its operations beside the arithmetic on variables. Each image of a convolution
 * counts as several, and so does an operation on many more elements than any product has.
 */
export function flopsPerOperation(program: Program, stages: readonly Stage[] = partition(program)): number {
  const { productFlops } = costOf(program.outputs);
  if (productFlops === 0) return 0;
  const nodes = stages.filter(({ part }) => part === 'products').map(nodesOf);
  const largest = Math.max(...nodes.flat().filter(isProduct).map(elementsOf));
  return productFlops / nodes.flat().reduce((sum, node) => sum + operationsOf(node, largest), 0);
}

function nodesOf({ outputs }: Stage): readonly Node[] {
  return reachable(outputs.map(([, value]) => value));
}

function isProduct({ op }: Node): boolean {
  return op === 'MatMul' || CONVOLUTIONS.has(op);
}

/** The largest of what it reads and writes. */
function elementsOf({ inputs, outputs }: Node): number {
  return Math.max(...[...inputs, ...outputs].map(({ shape }) => elementCount(shape)));
}

/** @param largest elements of the largest product */
function operationsOf(node: Node, largest: number): number {
  if (CONVOLUTIONS.has(node.op)) return 1 + OPERATIONS_PER_IMAGE * convolutionOf(node).images[0];
  const elements = elementsOf(node);
  return elements > PAIRS_PER_RESULT * largest ? elements / PAIRS_PER_OPERATION : 1;
}

/**
 * Runs programs of small operations in `small`. Of others the matrix products and what surrounds them run in `large`, and the arithmetic on
 * variables, an optimizer's say, in `small`, which changes them where they are. What runs where is decided by a rule on shapes alone, so
 * that the same program always runs in the same way. Variables are in the storage of `small`, which `large` reads in place too.
 *
 * @param border the floating-point operations for each operation up to which a program is one of small operations
 */
export function autoRuntime(small: Runtime, large: Runtime, border = FLOPS_PER_OPERATION): Runtime {
  return {
    name: `${small.name} and ${large.name}`,
    allocate: small.allocate,
    dispose: () => small.dispose?.(),
    load(program) {
      const stages = partition(program);
      if (flopsPerOperation(program, stages) <= border) return small.load(program);
      if (stages.length === 1) return large.load(program);
      const runtimeOf = ({ part }: Stage): Runtime => (part === 'products' ? large : small);
      return new StagedExecutable(program, `${large.name} and ${small.name}`, stages, runtimeOf, small);
    },
  };
}

/** Where nodes run: matrix products and what surrounds them, or arithmetic on variables. */
type Part = 'products' | 'variables';

/** A part of a program that runs at once. What stages give one another are outputs of one and inputs of others. */
interface Stage {
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

interface RunningStage {
  readonly executable: Executable;
  /** The inputs and outputs whose places are told before each run. */
  readonly reads: readonly Port[];
  readonly writes: readonly Port[];
  readonly outputs: ReadonlySet<Port>;
}

/** A program as stages that run one after the other. */
export class StagedExecutable implements Executable {
  readonly cost: GraphCost;
  readonly #stages: readonly RunningStage[];
  /** The storage of moving tensors and of tensors that several stages use. */
  readonly #places = new Map<Port, Slot>();

  /**
   * @param engine for {@link GraphCost}
   * @param runtimeOf what runs a stage
   * @param storage where numbers are that several stages use
   */
  constructor(
    { name, outputs, moving }: Program,
    engine: string,
    stages: readonly Stage[],
    runtimeOf: (stage: Stage) => Runtime,
    storage: Storage,
  ) {
    const edges = stages.map(({ outputs: writes }) => ({ reads: inputsOf(writes), writes }));
    const users = new Map<Port, number>();
    for (const { reads, writes } of edges) {
      for (const [port] of [...reads, ...writes]) users.set(port, (users.get(port) ?? 0) + 1);
    }
    const isPlaced = (port: Port): boolean => moving.has(port) || users.get(port)! > 1;
    for (const { reads, writes } of edges) {
      for (const [port, { dtype, shape }] of [...reads, ...writes]) {
        if (moving.has(port) || !isPlaced(port) || this.#places.has(port)) continue;
        // All runtimes make the same numbers of these two types.
        const { allocate } = dtype === 'float32' || dtype === 'int32' ? storage : plainStorage;
        this.#places.set(port, allocate(dtype, elementCount(shape)));
      }
    }
    const placed = (ported: readonly Ported[]): Port[] => ported.map(([port]) => port).filter(isPlaced);
    this.#stages = stages.map((stage, i) => {
      const [reads, writes] = [placed(edges[i]!.reads), placed(edges[i]!.writes)];
      const program = { name, outputs: stage.outputs, moving: new Set([...reads, ...writes]) };
      const written = new Set(stage.outputs.map(([port]) => port));
      return { executable: runtimeOf(stage).load(program), reads, writes, outputs: written };
    });
    const nodes = this.#stages.reduce((sum, { executable }) => sum + executable.cost.nodes, 0);
    this.cost = { ...costOf(outputs), engine, nodes };
  }

  input(port: Port): Slot | undefined {
    const place = this.#places.get(port);
    if (place !== undefined) return place;
    for (const { executable } of this.#stages) {
      const slot = executable.input(port);
      if (slot !== undefined) return slot;
    }
    return undefined;
  }

  output(port: Port): Slot {
    const place = this.#places.get(port);
    return place ?? this.#stages.find(({ outputs }) => outputs.has(port))!.executable.output(port);
  }

  readFrom(port: Port, source: Slot): void {
    this.#places.set(port, source);
  }

  writeTo(port: Port, target: Slot): void {
    this.#places.set(port, target);
  }

  run(): void {
    const places = this.#places;
    for (const { executable, reads, writes } of this.#stages) {
      for (const port of reads) executable.readFrom(port, places.get(port)!);
      for (const port of writes) executable.writeTo(port, places.get(port)!);
      executable.run();
    }
  }

  dispose(): void {
    for (const { executable } of this.#stages) executable.dispose();
  }
}

function inputsOf(outputs: readonly Ported[]): Ported[] {
  return usedInputs(outputs.map(([, value]) => value)).map((value) => [value.input, value]);
}
