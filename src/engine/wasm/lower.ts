import { reachable, usedInputs } from '../graph/graph.ts';
import type { Port, Ported } from '../graph/port.ts';
import { rewrite } from '../graph/rewrite.ts';
import { type Data, type ElementType, elementCount, type Node, type Value } from '../graph/value.ts';
import { usefulThreads } from './division.ts';
import { encodeKernels } from './encodeKernels.ts';
import { EXPANSIONS } from './expansions.ts';
import type { Kernel } from './kernel.ts';
import { ALONG_AXES } from './kernels/along.ts';
import { columnsToImageKernel } from './kernels/columnsToImage.ts';
import { concatKernel, padKernel, reshapeKernel, tileKernel } from './kernels/copy.ts';
import { gridKernel } from './kernels/grid.ts';
import { INDEXING } from './kernels/indexing.ts';
import { type ProductOptions, productKernel } from './kernels/product.ts';
import { isReduction, reduceKernel } from './kernels/reduce.ts';
import { isView, Layout } from './layout.ts';
import { placeFixed, placeTemporary } from './memory.ts';
import { schedule } from './schedule.ts';
import { type Traffic, trafficOf } from './traffic.ts';
import { Buffer, reshapedStrides, rowMajor } from './view.ts';

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

/** A graph as WebAssembly modules, to be run one after the other: each imports its memory and exports `run`. */
export interface WasmProgram {
  readonly modules: readonly Uint8Array<ArrayBuffer>[];
  readonly inputs: readonly PlacedPort[];
  readonly outputs: readonly PlacedPort[];
  /** The inputs and outputs whose addresses are the arguments of `run`, in order. */
  readonly moving: readonly Port[];
  readonly constants: readonly { readonly address: number; readonly dtype: ElementType; readonly data: Data }[];
  /** Where {@link Faults} are noted. */
  readonly faults: number;
  /** The block of memory that all addresses lie in. */
  readonly block: { readonly address: number; readonly bytes: number };
  /** Where the kernels that have parts find the addresses of moving tensors, one integer each. */
  readonly addresses: number;
  /** What the kernels do and move, in order; kernel i is exported as `kernel<i>`, and takes the number of a part if it has several. */
  readonly kernels: readonly (Traffic & Pick<Kernel, 'label' | 'parts'>)[];
}

export interface WasmOptions extends ProductOptions {
  /** The inputs and outputs that are somewhere else at each run. */
  readonly moving: ReadonlySet<Port>;
  /** The bytes of a module beyond which its kernels go into several. */
  readonly largestModule: number;
  /** The pages to which the memory may grow, if threads share it. */
  readonly sharedPages?: number | undefined;
  /** Finds a block of memory of so many bytes: its address. */
  allocate(bytes: number): number;
}

/** Lays the graph out in memory, cuts it into kernels and writes their code. */
export function lowerToWasm(given: readonly Ported[], options: WasmOptions): WasmProgram {
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
    if (node.op === 'MatMul') return productKernel(layout, node, { ...options, threads });
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
  const fixed = [
    faults,
    ...(threads > 1 ? [addresses] : []),
    ...[...inputs, ...leaving, ...layout.constants].map(({ buffer }) => buffer),
  ];
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
    modules: encodeKernels(kernels, {
      globals: moving.length,
      addresses: addresses.address,
      largest: options.largestModule,
      sharedPages: options.sharedPages,
    }),
    inputs: inputs.map(settle),
    outputs: leaving.map(settle),
    moving,
    constants: layout.constants.map(({ buffer, dtype, data }) => ({ address: buffer.address, dtype, data })),
    faults: faults.address,
    addresses: addresses.address,
    block: { address, bytes },
    kernels: kernels.map((kernel) => ({ label: kernel.label, parts: kernel.parts, ...traffic.get(kernel)! })),
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
