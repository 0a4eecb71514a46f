import { divide, reduce, subtract, unary } from '../graph/elementwise.ts';
import { type Expansion, reachable, rewrite, usedInputs } from '../graph/graph.ts';
import { columnsToImage, convolutionOf, imageToColumns, matMul } from '../graph/linearAlgebra.ts';
import { reshape } from '../graph/shapes.ts';
import {
  type Data,
  type ElementType,
  elementCount,
  type Node,
  type Port,
  type Ported,
  type Value,
} from '../graph/value.ts';
import { isElementwise } from './elementwise.ts';
import { isWide, type Kernel, usefulThreads, workOf } from './kernel.ts';
import { ALONG_AXES } from './kernels/along.ts';
import {
  columnsToImageKernel,
  concatKernel,
  gridKernel,
  padKernel,
  reshapeKernel,
  tileKernel,
  wideShape,
} from './kernels/grid.ts';
import { INDEXING } from './kernels/indexing.ts';
import { productKernel } from './kernels/product.ts';
import { isReduction, reduceKernel } from './kernels/reduce.ts';
import { Buffer, ELEMENT_BYTES, isView, Layout, reshapedStrides, rowMajor } from './layout.ts';

/** A tensor that goes in or out: its elements one after another. */
export interface PlacedPort {
  readonly port: Port;
  readonly dtype: ElementType;
  readonly size: number;
  /** In bytes from the start of the block; −1 for a moving one. */
  readonly address: number;
}

/** A tensor that goes in or out before its place is settled. */
type Edge = Omit<PlacedPort, 'address'> & { readonly buffer: Buffer };

/** A graph as kernels, to be run one after the other, with all that they read and write in memory. */
export interface Lowered {
  readonly inputs: readonly PlacedPort[];
  readonly outputs: readonly PlacedPort[];
  /** The inputs and outputs whose addresses are the arguments of `run`, in order. */
  readonly moving: readonly Port[];
  readonly constants: readonly { readonly address: number; readonly dtype: ElementType; readonly data: Data }[];
  /** Where {@link Faults} are noted. */
  readonly faults: number;
  /** The block of memory that all addresses lie in. */
  readonly block: { readonly address: number; readonly bytes: number };
  /** Where those who are not passed the addresses of moving tensors find them, one integer each. */
  readonly addresses: number;
  readonly kernels: readonly Kernel[];
  /** Nanoseconds, roughly, of that which wider vectors shorten, on one thread by WebAssembly. */
  readonly wideWork: number;
  /** What each kernel moves, in their order. */
  readonly traffic: readonly Traffic[];
}

interface LowerOptions {
  /** Among how many threads kernels may be divided; by default they are not. */
  readonly threads?: number;
  /** The inputs and outputs that are somewhere else at each run. */
  readonly moving: ReadonlySet<Port>;
  /** Finds a block of memory of so many bytes: its address. */
  allocate(bytes: number): number;
}

/** Lays the graph out in memory and cuts it into kernels. */
export function lower(given: readonly Ported[], options: LowerOptions): Lowered {
  const rewritten = rewrite(
    given.map(([, value]) => value),
    EXPANSIONS,
  );
  const nodes = reachable(rewritten);
  const threads = usefulThreads(nodes, options.threads ?? 1);
  const layout = new Layout();
  const moving: Port[] = [];
  const edge = (port: Port, { dtype, shape }: Value): Edge => {
    const size = elementCount(shape);
    const isMoving = options.moving.has(port);
    const buffer = new Buffer(size, isMoving ? moving.length : undefined);
    if (isMoving) moving.push(port);
    return { port, dtype, size, buffer };
  };
  const inputs = usedInputs(rewritten, nodes).map((value) => {
    const entering = edge(value.input, value);
    layout.place(value, { buffer: entering.buffer, offset: 0, strides: rowMajor(value.shape) });
    return entering;
  });
  const leaving = given.map(([port], i) => {
    const value = rewritten[i]!;
    return { ...edge(port, value), value, isInPlace: false };
  });
  for (const output of leaving) output.isInPlace = placeRoot(layout, output.value, output.buffer);
  const inPlace = placeConcatenations(layout, nodes);
  const copied = placeNodes(layout, nodes);

  const isLookedThrough = (node: Node): boolean => isView(node) && !copied.has(node);
  const sourceOf = (value: Value): Node | undefined => {
    let { node } = value;
    while (node !== undefined && isLookedThrough(node)) node = node.inputs[0]!.node;
    return node;
  };
  const active = nodes.filter((node) => !isLookedThrough(node));
  const groups = schedule(active, sourceOf);
  const stored = storedValues(active, groups, rewritten, sourceOf, isLookedThrough);
  const faults = new Buffer(2);
  const addresses = new Buffer(moving.length);

  const kernels: Kernel[] = [];
  const traffic = new Map<Kernel, Traffic>();
  const add = (kernel: Kernel, operands: readonly Value[], results: readonly Value[]): void => {
    kernels.push(kernel);
    traffic.set(kernel, trafficOf(layout, kernel, operands, results));
  };
  for (const { kind, nodes: own } of groups) {
    const results = own.flatMap((node) => node.outputs);
    const made = new Set(results);
    const operands = own.flatMap((node) => node.inputs).filter((value) => !made.has(value));
    if (kind === 'grid') {
      const kept = results.filter((value) => stored.has(value));
      add(gridKernel(layout, own, kept, threads), operands, kept);
    } else {
      const kernel = single(own[0]!);
      if (kernel !== undefined) add(kernel, operands, results);
    }
  }
  for (const { isInPlace, value, buffer } of leaving) {
    if (isInPlace) continue;
    const kernel = reshapeKernel(layout, value, { buffer, offset: 0, strides: rowMajor(value.shape) });
    kernels.push(kernel);
    const { bytesRead } = trafficOf(layout, kernel, [value], []);
    traffic.set(kernel, { bytesRead, bytesWritten: bytesRead });
  }

  function single(node: Node): Kernel | undefined {
    const [output] = node.outputs as [Value];
    if (copied.has(node)) return reshapeKernel(layout, node.inputs[0]!, layout.viewOf(output));
    if (node.op === 'MatMul') return productKernel(layout, node, threads);
    if (isReduction(node.op)) return reduceKernel(layout, node, threads);
    if (node.op === 'Concat') return concatKernel(layout, node, (part) => inPlace.has(`${output.id}:${part}`));
    if (node.op === 'Pad') return padKernel(layout, node);
    if (node.op === 'Tile') return tileKernel(layout, node);
    if (node.op === 'Col2Im') return columnsToImageKernel(layout, node);
    const along = ALONG_AXES[node.op];
    if (along !== undefined) return along(layout, node);
    const indexing = INDEXING[node.op];
    if (indexing !== undefined) return indexing(layout, node, faults);
    throw new Error(`the WebAssembly engine has no ${node.op}`);
  }

  // What comes in, goes out or never changes has a place of its own; the rest takes turns.
  const fixed = [faults, addresses, ...[...inputs, ...leaving, ...layout.constants].map(({ buffer }) => buffer)];
  const settled = fixed.filter(({ global }) => global === undefined);
  const bytes = placeTemporary(kernels, placeFixed(settled, 0));
  const address = options.allocate(bytes);
  for (const buffer of new Set([...settled, ...kernels.flatMap(buffersOf)])) {
    if (buffer.global === undefined) buffer.address += address;
  }

  const settle = ({ port, dtype, size, buffer }: Edge): PlacedPort => ({
    port,
    dtype,
    size,
    address: buffer.address,
  });
  return {
    inputs: inputs.map(settle),
    outputs: leaving.map(settle),
    moving,
    constants: layout.constants.map(({ buffer, dtype, data }) => ({ address: buffer.address, dtype, data })),
    faults: faults.address,
    addresses: addresses.address,
    block: { address, bytes },
    kernels,
    wideWork: nodes.reduce((sum, node) => sum + (isWide(node) ? workOf(node) : 0), 0),
    traffic: kernels.map((kernel) => traffic.get(kernel)!),
  };
}

function buffersOf({ reads, writes, scratch }: Kernel): Buffer[] {
  return [...reads, ...writes, ...scratch];
}

/**
 * Lets what calculates `value` write to `buffer` at once.
 * @returns false if nothing does, or it writes elsewhere already
 */
function placeRoot(layout: Layout, value: Value, buffer: Buffer): boolean {
  let root = value;
  while (root.node?.op === 'Reshape') root = root.node.inputs[0]!;
  if (root.node === undefined || isView(root.node) || layout.isPlaced(root)) return false;
  layout.place(root, { buffer, offset: 0, strides: rowMajor(root.shape) });
  return true;
}

/**
 * Makes the parts of concatenations lie in them from the start, where each is used for nothing else and its shape allows it.
 * @returns which parts these are, as `output:part`
 */
function placeConcatenations(layout: Layout, nodes: readonly Node[]): Set<string> {
  const uses = new Map<Value, number>();
  for (const node of nodes) for (const value of node.inputs) uses.set(value, (uses.get(value) ?? 0) + 1);
  const inPlace = new Set<string>();
  for (const node of [...nodes].reverse()) {
    if (node.op !== 'Concat') continue;
    const [output] = node.outputs as [Value];
    if (!layout.isPlaced(output)) layout.allocate(output);
    const whole = layout.viewOf(output);
    const axis = node.attributes.axis as number;
    let begin = 0;
    node.inputs.forEach((part, i) => {
      const offset = whole.offset + begin * whole.strides[axis]!;
      begin += part.shape[axis]!;
      let value = part;
      let strides: number[] | undefined = [...whole.strides];
      while (value.node?.op === 'Reshape' && uses.get(value) === 1 && strides !== undefined) {
        const source = value.node.inputs[0]!;
        strides = reshapedStrides(value.shape, strides, source.shape);
        value = source;
      }
      const isFree = value.node !== undefined && !isView(value.node) && uses.get(value) === 1;
      if (!isFree || strides === undefined || layout.isPlaced(value)) return;
      layout.place(value, { buffer: whole.buffer, offset, strides });
      inPlace.add(`${output.id}:${i}`);
    });
  }
  return inPlace;
}

/** Gives every other result a place. Returns the reshapes that cannot be read where their sources are. */
function placeNodes(layout: Layout, nodes: readonly Node[]): Set<Node> {
  const copied = new Set<Node>();
  for (const node of nodes) {
    if (isView(node)) {
      if (node.op !== 'Reshape' || layout.canReshape(node.outputs[0]!)) continue;
      copied.add(node);
    }
    for (const value of node.outputs) if (!layout.isPlaced(value)) layout.allocate(value);
  }
  return copied;
}

/** The results that are needed outside their own groups, or by views. */
function storedValues(
  nodes: readonly Node[],
  groups: readonly { readonly nodes: readonly Node[] }[],
  outputs: readonly Value[],
  sourceOf: (value: Value) => Node | undefined,
  isLookedThrough: (node: Node) => boolean,
): Set<Value> {
  const groupOf = new Map<Node, object>();
  for (const group of groups) for (const node of group.nodes) groupOf.set(node, group);
  const root = (value: Value): Value => {
    let at = value;
    while (at.node !== undefined && isLookedThrough(at.node)) at = at.node.inputs[0]!;
    return at;
  };
  const stored = new Set(outputs.map(root));
  for (const node of nodes) {
    for (const value of node.inputs) {
      const source = sourceOf(value);
      if (source === undefined) continue;
      if (groupOf.get(source) !== groupOf.get(node) || value.node !== source) stored.add(root(value));
    }
  }
  return stored;
}

/** exp(x − max) / Σ exp(x − max) along an axis. */
const softmax: Expansion = (g, [x], { attributes }) => {
  const rank = x!.shape.length;
  const axes = [((attributes.axis as number) + rank) % rank];
  const powers = unary(g, 'Exp', subtract(g, x!, reduce(g, 'ReduceMax', x!, axes, true)));
  return [divide(g, powers, reduce(g, 'ReduceSum', powers, axes, true))];
};

/** A tensor as a matrix whose columns are its last axis. */
const matrix = (shape: readonly number[]): [number, number] => {
  const columns = shape.at(-1)!;
  return [shape.slice(0, -1).reduce((product, size) => product * size, 1), columns];
};

/** Convolutions are products with the pixels under the windows. */
const conv2D: Expansion = (g, inputs, node) => {
  const [x, filter] = inputs as [Value, Value];
  const { results, ...windows } = convolutionOf(node);
  const product = matMul(g, imageToColumns(g, x, windows), reshape(g, filter, matrix(filter.shape)));
  return [reshape(g, product, results)];
};

const inputGradient: Expansion = (g, inputs, node) => {
  const [dy, filter] = inputs.map((value) => reshape(g, value, matrix(value.shape))) as [Value, Value];
  return [columnsToImage(g, matMul(g, dy, filter, false, true), convolutionOf(node))];
};

const filterGradient: Expansion = (g, inputs, node) => {
  const [x, dy] = inputs as [Value, Value];
  const { filter, ...windows } = convolutionOf(node);
  const product = matMul(g, imageToColumns(g, x, windows), reshape(g, dy, matrix(dy.shape)), true);
  return [reshape(g, product, filter)];
};

/** Operations of the graph that are made of others here. */
const EXPANSIONS: Readonly<Record<string, Expansion>> = {
  Softmax: softmax,
  Conv2D: conv2D,
  Conv2DBackpropInput: inputGradient,
  Conv2DBackpropFilter: filterGradient,
};

/** Nodes that become one kernel. */
interface Group {
  readonly kind: 'grid' | 'single';
  readonly nodes: Node[];
}

/** WebAssembly functions have at most 50,000 local variables, of which the longest operations take some 60 each. */
const LARGEST_GROUP = 256;

/** The node that calculates what `value` is a view of; undefined for inputs and constants. */
type SourceOf = (value: Value) => Node | undefined;

/**
 * Nodes in groups, in an order in which these can run. An elementwise node joins the first group of its shape that has room and comes after
 * all that it needs; in the same group it may use results as they are, but no views of them.
 */
function schedule(nodes: readonly Node[], sourceOf: SourceOf): Group[] {
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

/** Addresses are multiples of it, so that vectors do not straddle cache lines more than they must. */
const ALIGNMENT = 64;
const roundUp = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
const bytesOf = (buffer: Buffer): number => roundUp(ELEMENT_BYTES * buffer.size);

/** Gives the buffers addresses one after another from `start` on; returns where the next could begin. */
function placeFixed(buffers: Iterable<Buffer>, start: number): number {
  let next = roundUp(start);
  for (const buffer of buffers) {
    buffer.address = next;
    next += bytesOf(buffer);
  }
  return next;
}

/**
 * Gives addresses from `start` on to all other buffers of the kernels: two that are never needed at the same time may lie at the
 * same place. The largest are placed first, each at the lowest address that is free all the time it is needed.
 *
 * @returns the end of what is used
 */
function placeTemporary(kernels: readonly Kernel[], start: number): number {
  const spans = new Map<Buffer, { first: number; last: number }>();
  kernels.forEach((kernel, i) => {
    for (const buffer of [...kernel.reads, ...kernel.writes, ...kernel.scratch]) {
      if (buffer.address >= 0 || buffer.global !== undefined) continue;
      const span = spans.get(buffer);
      if (span === undefined) spans.set(buffer, { first: i, last: i });
      else span.last = i;
    }
  });
  const bySize = [...spans].sort(([a], [b]) => b.size - a.size);
  const placed: { readonly begin: number; readonly end: number; readonly first: number; readonly last: number }[] = [];
  let end = start;
  for (const [buffer, { first, last }] of bySize) {
    const size = bytesOf(buffer);
    let address = start;
    for (const other of placed) {
      if (other.first > last || other.last < first) continue;
      if (address + size <= other.begin) break;
      address = Math.max(address, other.end);
    }
    buffer.address = address;
    const at = placed.findIndex(({ begin }) => begin > address);
    placed.splice(at < 0 ? placed.length : at, 0, { begin: address, end: address + size, first, last });
    end = Math.max(end, address + size);
  }
  return end;
}

/** What a kernel moves through memory at least: each tensor once, a broadcast one as it lies there. */
interface Traffic {
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** The traffic of a kernel that makes `results` from `operands`; those of them that it does not find or leave in memory do not count. */
function trafficOf(
  layout: Layout,
  { reads, writes }: Kernel,
  operands: readonly Value[],
  results: readonly Value[],
): Traffic {
  const bytesOf = (values: readonly Value[], buffers: Kernel['reads']): number => {
    let elements = 0;
    for (const value of new Set(values)) {
      if (!layout.isPlaced(value)) continue;
      const { buffer, strides } = layout.viewOf(value);
      if (buffers.has(buffer))
        elements += value.shape.reduce((n, size, axis) => (strides[axis] === 0 ? n : n * size), 1);
    }
    return ELEMENT_BYTES * elements;
  };
  return { bytesRead: bytesOf(operands, reads), bytesWritten: bytesOf(results, writes) };
}
