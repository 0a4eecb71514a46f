import { reachable, usedInputs } from '../graph/graph.ts';
import type { PartPort, Port, Ported } from '../graph/port.ts';
import { type Expansion, rewrite } from '../graph/rewrite.ts';
import { elementCount, type Node, type Value } from '../graph/value.ts';
import {
  BROADCASTING,
  emitBroadcast,
  emitClip,
  emitExpand,
  emitFunction,
  emitPad,
  emitSum,
  FUNCTIONS,
} from './broadcasts.ts';
import { emitInSupportedType } from './elementTypes.ts';
import { Emitter } from './emitter.ts';
import { EXPANSIONS } from './expansions.ts';
import type { Model, TensorSpec } from './model.ts';
import { emitMatMul, fuseBiases } from './products.ts';

export interface LowerOptions {
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

export interface Lowered {
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
