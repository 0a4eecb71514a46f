import { type Expansion, reachable, rewrite, usedInputs } from '../graph/graph.ts';
import {
  type Attribute,
  type Data,
  elementCount,
  type Node,
  newData,
  type PartPort,
  type Port,
  type Ported,
  sameShape,
  type Value,
} from '../graph/value.ts';
import { Emitter } from './emitter.ts';
import { EXPANSIONS } from './expansions.ts';
import type { Model, TensorSpec } from './model.ts';

// The sizes at which the lowering takes one form or another, each with the measurement that set it: ONNX Runtime 1.30 on one thread
// of an AMD EPYC, microseconds for one operation, the least of 600 runs.

/** Up to how many floats a tensor is moved together with others: an input costs 1.4 µs, an output 3 µs, copying 4,096 floats 0.5 µs. */
export const JOIN_LIMIT = 4096;

/**
 * Up to how many runs of its innermost axis an operation broadcasts over, however short they are. A column times a scalar costs
 * 1.4 for 32 rows, 1.7 for 64, 2.4 for 128 and 3.9 for 256; as a vector, with the two reshapes, 1.6 for all of them.
 */
const FEW_RUNS = 40;

/**
 * From how many rows on, and up to how many columns, a column is repeated by a product with ones before it is used. [rows, 8] times
 * [rows, 1] costs 1.4, 2.6, 4.2 and 13.9 for 32, 128, 256 and 1,024 rows; repeated, 1.5, 1.8, 2.2 and 4.5. [rows, 32]: 1.5, 3.0, 6.0
 * and 17; repeated, 1.8, 2.8, 3.8 and 11.
 */
const MANY_ROWS = 128;
const FEW_COLUMNS = 32;

/** The most elements of a constant that is made to save an operation: it bounds the model's size, not its time. */
const CONSTANT_LIMIT = 65_536;

/**
 * Models of more nodes are run as they are: the time that ONNX Runtime takes to optimize grows with their square (0.25 s for 2,000
 * nodes, 0.85 s for 4,000, 2.8 s for 8,000, against 0.05, 0.18 and 0.56 s without), and what it finds in graphs that are simplified
 * already changes a run by 5 % at most.
 */
export const OPTIMIZED_NODES = 2000;

// ONNX Runtime broadcasts over the innermost axis at about 10 ns for each run of it, however short: a column times a scalar
// costs as many runs as it has rows. Here the innermost axis is made long, or the short operand is repeated by a product with
// ones, which is vectorized.

const BROADCASTING: readonly string[] =
  'Add Sub Mul Div Max Min Pow Greater GreaterOrEqual Less LessOrEqual Equal And Or Where'.split(' ');

const FUNCTIONS: readonly string[] = (
  'Abs Neg Sign Relu Not Ceil Floor Round Reciprocal Sqrt Exp Log Erf Sigmoid HardSigmoid Elu Selu LeakyRelu Tanh Sin Cos Tan Asin ' +
  'Acos Atan Sinh Cosh Asinh Acosh Atanh IsNaN IsInf'
).split(' ');

function trailingOnes(shape: readonly number[]): number {
  let count = 0;
  while (count < shape.length && shape[shape.length - 1 - count] === 1) count++;
  return count;
}

/**
 * Emits an elementwise operation on columns as one on vectors, so that neighbours need no reshapes between them.
 * @returns false if it is on something else
 */
function emitOnVectors(e: Emitter, { op, inputs, outputs, attributes }: Node): boolean {
  const [output] = outputs as [Value];
  const ones = trailingOnes(output.shape);
  if (ones === 0 || elementCount(output.shape) <= FEW_RUNS) return false;
  const without = ({ shape }: Value): readonly number[] => shape.slice(0, Math.max(0, shape.length - ones));
  const operands = inputs.map((value) => e.reshaped(value, without(value)));
  e.standFor(output, e.add(op, operands, attributes), without(output));
  return true;
}

/** An elementwise operation of one operand. */
function emitFunction(e: Emitter, node: Node): void {
  if (!emitOnVectors(e, node)) e.emitNode(node);
}

/** An elementwise operation of several operands. */
function emitBroadcast(e: Emitter, node: Node): void {
  const { op, inputs, attributes } = node;
  const [output] = node.outputs as [Value];
  const { shape } = output;
  if (emitOnVectors(e, node)) return;
  if (inputs.every((value) => sameShape(value.shape, shape))) {
    e.emitNode(node);
    return;
  }
  const [rows, columns] = shape as [number, number];
  const isTall = shape.length === 2 && rows >= MANY_ROWS && columns <= FEW_COLUMNS;
  const operands = inputs.map((value) => {
    const isRepeated = isTall && value.dtype === 'float32' && elementCount(value.shape) > 1;
    return isRepeated ? repeated(e, value, rows, columns) : e.nameOf(value);
  });
  e.emit(op, operands, [e.nameOf(output)], attributes);
}

/** `value` in the shape [rows, columns]. */
function repeated(e: Emitter, value: Value, rows: number, columns: number): string {
  if (sameShape(value.shape, [rows, columns])) return e.nameOf(value);
  if (value.shape.length === 2 && value.shape[0] === rows) {
    return e.add('MatMul', [e.nameOf(value), e.filled(1, [1, columns])]);
  }
  const row = value.constant;
  if (row !== undefined && rows * columns <= CONSTANT_LIMIT) {
    const data = (): Data => newData('float32', rows * columns).map((_, i) => row[i % columns] as never) as Data;
    return e.constant(`c${value.id}x${rows}`, 'float32', [rows, columns], data);
  }
  return e.add('MatMul', [e.filled(1, [rows, 1]), e.reshaped(value, [1, columns])]);
}

/** Bounds; of integers by two operations, since ONNX Runtime fails to fuse integer bounds with a Relu before them. */
function emitClip(e: Emitter, node: Node): void {
  const [output] = node.outputs as [Value];
  if (output.dtype === 'float32') emitFunction(e, node);
  else {
    const [x, low, high] = node.inputs.map((value) => e.nameOf(value)) as [string, string, string];
    e.emit('Min', [e.add('Max', [x, low]), high], [e.nameOf(output)]);
  }
}

/** An expansion; of a column by a product. */
function emitExpand(e: Emitter, node: Node): void {
  const [value] = node.inputs as [Value];
  const [output] = node.outputs as [Value];
  const [rows, columns] = output.shape as [number, number];
  const isColumn = output.shape.length === 2 && sameShape(value.shape, [rows, 1]) && rows > 1;
  if (isColumn && value.dtype === 'float32') {
    e.emit('MatMul', [e.nameOf(value), e.filled(1, [1, columns])], [e.nameOf(output)]);
  } else e.emitNode(node);
}

/** Padding along one axis: a concatenation is faster. */
function emitPad(e: Emitter, node: Node): void {
  const [value, pads, fill] = node.inputs as [Value, Value, Value | undefined];
  const [output] = node.outputs as [Value];
  const { shape } = value;
  const numbers = Array.from(pads.constant!, Number);
  const axes = shape.flatMap((_, i) => (numbers[i] !== 0 || numbers[shape.length + i] !== 0 ? [i] : []));
  const axis = axes[0]!;
  const sizes = [numbers[axis]!, numbers[shape.length + axis]!].map((size) =>
    shape.map((whole, i) => (i === axis ? size : whole)),
  );
  const isSmall = sizes.every((size) => elementCount(size) <= CONSTANT_LIMIT);
  if (axes.length !== 1 || node.attributes.mode !== 'constant' || !isSmall) {
    e.emitNode(node);
    return;
  }
  const [before, after] = sizes.map((size) =>
    size[axis] === 0 ? [] : [e.filled(Number(fill!.constant![0]), size, value.dtype)],
  );
  e.emit('Concat', [...before!, e.nameOf(value), ...after!], [e.nameOf(output)], { axis });
}

/** A sum; over the rows of a matrix by a product. */
function emitSum(e: Emitter, node: Node): void {
  const [value, axes] = node.inputs as [Value, Value];
  const [output] = node.outputs as [Value];
  const [rows, columns] = value.shape as [number, number];
  const isOverRows = value.shape.length === 2 && axes.constant!.length === 1 && Number(axes.constant![0]) === 0;
  if (isOverRows && value.dtype === 'float32' && columns > 1) {
    e.emit('MatMul', [e.filled(1, [1, rows]), e.nameOf(value)], [e.nameOf(output)]);
  } else e.emitNode(node);
}

/** A product and the bias that is added to it, as one Gemm. */
interface Fusion {
  readonly product: Node;
  readonly bias: Value;
}

/** Whether `shape` broadcasts to `rows` × `columns` without changing it. */
function isBias(shape: readonly number[], [rows, columns]: readonly number[]): boolean {
  if (shape.length > 2) return false;
  const [r, c] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
  return (r === 1 || r === rows) && (c === 1 || c === columns);
}

/** Sums of a product that is used nowhere else and something that fits as its bias, by the node that adds them. */
function fuseBiases(nodes: readonly Node[], uses: ReadonlyMap<Value, number>): Map<Node, Fusion> {
  const fusions = new Map<Node, Fusion>();
  for (const node of nodes) {
    if (node.op !== 'Add') continue;
    const [a, b] = node.inputs as [Value, Value];
    for (const [value, bias] of [
      [a, b],
      [b, a],
    ] as const) {
      const product = value.node;
      if (product?.op !== 'MatMul' || value.shape.length !== 2 || value.dtype !== 'float32') continue;
      if (uses.get(value) !== 1 || value === bias || !isBias(bias.shape, value.shape)) continue;
      fusions.set(node, { product, bias });
      break;
    }
  }
  return fusions;
}

/** `value` transposed in its last two axes if `flag` is 1. */
function transposed(e: Emitter, value: Value, flag: Attribute | undefined): string {
  if (flag !== 1) return e.nameOf(value);
  const rank = value.shape.length;
  const perm = value.shape.map((_, i) => (i === rank - 2 ? rank - 1 : i === rank - 1 ? rank - 2 : i));
  return e.add('Transpose', [e.nameOf(value)], { perm });
}

/** A product, into the value that it is or that it and its bias make. */
function emitMatMul(e: Emitter, { inputs: [a, b], attributes }: Node, result: Value, bias?: Value): void {
  const output = [e.nameOf(result)];
  const operands = [e.nameOf(a!), e.nameOf(b!)];
  const isFloat = a!.dtype === 'float32';
  const isMatrix = a!.shape.length === 2 && b!.shape.length === 2;
  if (bias !== undefined) e.emit('Gemm', [...operands, e.nameOf(bias)], output, attributes);
  else if (attributes.transA === 0 && attributes.transB === 0) e.emit('MatMul', operands, output);
  else if (isMatrix && isFloat) e.emit('Gemm', operands, output, attributes);
  else if (isFloat && !e.standard) e.emit('FusedMatMul', operands, output, attributes, 'com.microsoft');
  else e.emit('MatMul', [transposed(e, a!, attributes.transA), transposed(e, b!, attributes.transB)], output);
}

/** Emits a node by `emit`; a choice between bools, which ONNX Runtime does not have, as one between integers. */
function emitInSupportedType(e: Emitter, node: Node, emit: (node: Node) => void): void {
  const [condition, ...branches] = node.inputs;
  if (node.op !== 'Where' || branches[0]!.dtype !== 'bool') {
    emit(node);
    return;
  }
  const [output] = node.outputs as [Value];
  const result: Value = { id: output.id, shape: output.shape, dtype: 'int32' };
  e.name(result, `/result${output.id}`);
  const inputs = [condition!, ...branches.map((value) => e.castOf(value, 'int32'))];
  emit({ ...node, inputs, outputs: [result] });
  e.cast(result, output);
}

interface LowerOptions {
  readonly name: string;
  /** Only operations of the ONNX standard, and users' names, for models that leave the program; else ONNX Runtime's own ones too. */
  readonly standard?: boolean;
  /** Inputs that the model has even if nothing uses them, in this order. */
  readonly inputs?: readonly Value[];
  /**
   * Inputs, and outputs, of up to this many floats become parts of one input and one output, since each costs microseconds at
   * every run; 0, none.
   */
  readonly joinLimit?: number;
  /** Inputs that are given in the parts into which they are split, so that these need not be copied; none. */
  readonly moving?: ReadonlySet<Port>;
}

/** A tensor that is a part of a longer one. */
export interface TensorPart<P extends Port = Port> {
  readonly port: P;
  readonly offset: number;
  readonly size: number;
}

/** The inputs or the outputs of a model. */
export interface ModelSide {
  /** In the model's order; the one that joins others has no port. */
  readonly tensors: ReadonlyMap<Port | undefined, TensorSpec>;
  /** The parts of that one, the model's input `inputs` or output `outputs`. */
  readonly joined: readonly TensorPart[];
}

interface Lowered {
  readonly model: Model;
  readonly inputs: ModelSide;
  readonly outputs: ModelSide;
  /** The inputs that are parts of the program's. */
  readonly inputParts: readonly TensorPart<PartPort>[];
}

type Emit = (e: Emitter, node: Node, isUsed: (value: Value) => boolean) => void;

/** How operations are emitted that ONNX has in another form, or does faster in one. */
const EMITTERS: Readonly<Record<string, Emit>> = {
  MatMul: (e, node) => emitMatMul(e, node, node.outputs[0]!),
  Split: emitSplit,
  Expand: emitExpand,
  Cast: (e, { inputs, outputs }) => e.cast(inputs[0]!, outputs[0]!),
  Clip: emitClip,
  Pad: emitPad,
  ReduceSum: emitSum,
  Reshape: (e, { inputs, outputs }) => e.alias(outputs[0]!, inputs[0]!),
  ...Object.fromEntries(BROADCASTING.map((op) => [op, emitBroadcast])),
  ...Object.fromEntries(FUNCTIONS.map((op) => [op, emitFunction])),
};

function emitSplit(e: Emitter, node: Node, isUsed: (value: Value) => boolean): void {
  const [source, sizes] = node.inputs as [Value, Value];
  const used = node.outputs.filter(isUsed);
  const copied = used.reduce((sum, value) => sum + elementCount(value.shape), 0);
  // A split copies all parts; slices only those that are used.
  if (used.length === node.outputs.length || copied > elementCount(source.shape) / 2) {
    e.emit(
      'Split',
      [e.nameOf(source), e.nameOf(sizes)],
      node.outputs.map((value) => e.nameOf(value)),
      node.attributes,
    );
    return;
  }
  const axis = node.attributes.axis as number;
  let begin = 0;
  for (const value of node.outputs) {
    const end = begin + value.shape[axis]!;
    if (isUsed(value)) {
      e.emit('Slice', [e.nameOf(source), e.int64s([begin]), e.int64s([end]), e.int64s([axis])], [e.nameOf(value)]);
    }
    begin = end;
  }
}

/** Those that are small enough to be joined, if there are several, with their places. */
function joinedParts(
  tensors: readonly Ported[],
  limit: number,
): { ported: Ported[]; parts: TensorPart[]; size: number } {
  const small = tensors.filter(([, { dtype, shape }]) => {
    const size = elementCount(shape);
    return dtype === 'float32' && size > 0 && size <= limit;
  });
  const ported = small.length > 1 ? small : [];
  let size = 0;
  const parts = ported.map(([port, value]) => {
    const part = { port, offset: size, size: elementCount(value.shape) };
    size += part.size;
    return part;
  });
  return { ported, parts, size };
}

function emitJoinedInputs(e: Emitter, limit: number, used: readonly Ported[]): readonly TensorPart[] {
  const { ported, parts, size } = joinedParts(used, limit);
  if (ported.length === 0) return [];
  e.inputs.set(undefined, { name: 'inputs', dtype: 'float32', shape: [size] });
  const flats = ported.map(([port]) => `/${e.portName(port)}`);
  e.emit('Split', ['inputs', e.int64s(parts.map((part) => part.size))], flats, { axis: 0 });
  ported.forEach(([, value], i) => {
    e.standFor(value, flats[i]!, [parts[i]!.size]);
  });
  return parts;
}

/** Makes inputs of the parts of moving inputs, which it adds to `parts`. */
function givingParts(moving: ReadonlySet<Port>, parts: TensorPart<PartPort>[]): Expansion {
  return (g, [source], { outputs }) => {
    const { input: whole, dtype } = source!;
    if (whole === undefined || source!.shape.length !== 1 || !moving.has(whole)) return undefined;
    let offset = 0;
    return outputs.map(({ shape }) => {
      // Counted, since parts of no elements begin where others do.
      const port: PartPort = { kind: 'part', whole, index: parts.length };
      const size = elementCount(shape);
      parts.push({ port, offset, size });
      offset += size;
      return g.input(port, shape, dtype);
    });
  };
}

/**
 * Turns a graph into an ONNX model: names, fusions that depend on who uses what, and for each operation the ONNX nodes that do
 * it fastest.
 */
export function lower(
  given: readonly Ported[],
  { name, standard = false, inputs = [], joinLimit = 0, moving = new Set() }: LowerOptions,
): Lowered {
  const inputParts: TensorPart<PartPort>[] = [];
  const rewritten = rewrite(
    given.map(([, value]) => value),
    { ...EXPANSIONS, Split: givingParts(moving, inputParts) },
  );
  const outputs = given.map(([port], i): Ported => [port, rewritten[i]!]);
  const nodes = reachable(rewritten);
  const uses = new Map<Value, number>();
  const use = (value: Value): void => void uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const node of nodes) node.inputs.forEach(use);
  rewritten.forEach(use);

  const fusions = fuseBiases(nodes, uses);
  const fused = new Set([...fusions.values()].map(({ product }) => product));
  const e = new Emitter(standard);
  for (const input of inputs) e.nameOf(input);
  const used = usedInputs(rewritten, nodes).map((value): Ported => [value.input, value]);
  const joinedInputs = emitJoinedInputs(e, joinLimit, used);
  const joined = joinedParts(outputs, joinLimit);
  const own = outputs.filter((output) => !joined.ported.includes(output));
  // Outputs that a node computes carry their names from the start; others are copied at the end.
  const copies = own.filter(([port, value]) => value.node === undefined || !e.name(value, e.portName(port)));
  for (const node of nodes) {
    if (fused.has(node)) continue;
    const fusion = fusions.get(node);
    e.origin = fusion?.product.origin ?? node.origin;
    if (fusion !== undefined) emitMatMul(e, fusion.product, node.outputs[0]!, fusion.bias);
    else {
      emitInSupportedType(e, node, (each) => {
        const emit = EMITTERS[each.op];
        if (emit === undefined) e.emitNode(each);
        else emit(e, each, (value) => uses.has(value));
      });
    }
  }
  e.origin = '';
  for (const [port, value] of copies) e.emit('Identity', [e.nameOf(value)], [e.portName(port)]);
  const specs = new Map<Port | undefined, TensorSpec>(
    own.map(([port, { dtype, shape }]) => [port, { name: e.portName(port), dtype, shape }]),
  );
  if (joined.ported.length > 0) {
    const flats = joined.ported.map(([, value]) => e.reshaped(value, [elementCount(value.shape)]));
    e.emit('Concat', flats, ['outputs'], { axis: 0 });
    specs.set(undefined, { name: 'outputs', dtype: 'float32', shape: [joined.size] });
  }
  return {
    model: {
      name,
      nodes: e.nodes,
      initializers: [...e.initializers.values()],
      inputs: [...e.inputs.values()],
      outputs: [...specs.values()],
    },
    inputs: { tensors: e.inputs, joined: joinedInputs },
    outputs: { tensors: specs, joined: joined.parts },
    inputParts,
  };
}
