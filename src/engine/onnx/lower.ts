import { reachable } from '../graph/graph.ts';
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
  /** Only operations of the ONNX standard, for models that leave the program; else ONNX Runtime's own ones too. */
  readonly standard?: boolean;
  /** Inputs that the model has even if nothing uses them, in this order. */
  readonly inputs?: readonly Value[];
  /**
   * Inputs, and outputs, of up to this many floats become parts of one input and one output, since each costs microseconds at
   * every run; 0, none.
   */
  readonly joinLimit?: number;
  /** Inputs that are given in the parts into which they are split, so that these need not be copied; none. */
  readonly moving?: ReadonlySet<string>;
}

/** A tensor that is a part of what the program has as an input. */
export interface InputPart extends JoinedPart {
  readonly input: string;
}

/** A tensor that is a part of the model's input `inputs`, or of its output `outputs`. */
export interface JoinedPart {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

export interface Lowered {
  readonly model: Model;
  /** The model's inputs that stand for parts of the program's. */
  readonly inputParts: readonly InputPart[];
  readonly joinedInputs: readonly JoinedPart[];
  readonly joinedOutputs: readonly JoinedPart[];
}

/** What an operation's nodes depend on beside itself. */
interface Surroundings {
  readonly standard: boolean;
  isUsed(value: Value): boolean;
}

type Emit = (e: Emitter, node: Node, surroundings: Surroundings) => void;

/** How operations are emitted that ONNX has in another form, or does faster in one. */
const EMITTERS: Readonly<Record<string, Emit>> = {
  MatMul: (e, node, { standard }) => emitMatMul(e, node, node.outputs[0]!, standard),
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

function emitSplit(e: Emitter, node: Node, { isUsed }: Surroundings): void {
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

type Named = readonly [name: string, value: Value];

/** Those that are small enough to be joined, if there are several, with their places. */
function joinedParts(tensors: readonly Named[], limit: number): { named: Named[]; parts: JoinedPart[]; size: number } {
  const small = tensors.filter(([, { dtype, shape }]) => {
    const size = elementCount(shape);
    return dtype === 'float32' && size > 0 && size <= limit;
  });
  const named = small.length > 1 ? small : [];
  let size = 0;
  const parts = named.map(([name, value]) => {
    const part = { name, offset: size, size: elementCount(value.shape) };
    size += part.size;
    return part;
  });
  return { named, parts, size };
}

/** The graph inputs that are used, in the order in which they were made. */
function usedInputs(nodes: readonly Node[], outputs: readonly Named[]): Named[] {
  const values = new Set([...nodes.flatMap((node) => node.inputs), ...outputs.map(([, value]) => value)]);
  return [...values]
    .filter(({ input }) => input !== undefined)
    .sort((a, b) => a.id - b.id)
    .map((value) => [value.input!, value]);
}

function emitJoinedInputs(e: Emitter, limit: number, used: readonly Named[]): readonly JoinedPart[] {
  const { named, parts, size } = joinedParts(used, limit);
  if (named.length === 0) return [];
  e.inputs.push({ name: 'inputs', dtype: 'float32', shape: [size] });
  const flats = named.map(([name]) => `/${name}`);
  e.emit('Split', ['inputs', e.int64s(parts.map((part) => part.size))], flats, { axis: 0 });
  named.forEach(([, value], i) => {
    e.standFor(value, flats[i]!, [parts[i]!.size]);
  });
  return parts;
}

/** Makes inputs of the parts of moving inputs, which it adds to `parts`. */
function givingParts(moving: ReadonlySet<string>, parts: InputPart[]): Expansion {
  return (g, [source], { outputs }) => {
    const { input, dtype } = source!;
    if (input === undefined || source!.shape.length !== 1 || !moving.has(input)) return undefined;
    let offset = 0;
    return outputs.map(({ shape }) => {
      // Parts of none begin where others do.
      const part = { name: `${input}/${parts.length}`, input, offset, size: elementCount(shape) };
      offset += part.size;
      parts.push(part);
      return g.input(part.name, shape, dtype);
    });
  };
}

/**
 * Turns a graph into an ONNX model: names, fusions that depend on who uses what, and for each operation the ONNX nodes that do
 * it fastest.
 */
export function lower(
  given: readonly Named[],
  { name, standard = false, inputs = [], joinLimit = 0, moving = new Set() }: LowerOptions,
): Lowered {
  const inputParts: InputPart[] = [];
  const rewritten = rewrite(
    given.map(([, value]) => value),
    { ...EXPANSIONS, Split: givingParts(moving, inputParts) },
  );
  const outputs = given.map(([output], i): Named => [output, rewritten[i]!]);
  const nodes = reachable(outputs.map(([, value]) => value));
  const uses = new Map<Value, number>();
  const use = (value: Value): void => void uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const node of nodes) node.inputs.forEach(use);
  for (const [, value] of outputs) use(value);

  const fusions = fuseBiases(nodes, uses);
  const fused = new Set([...fusions.values()].map(({ product }) => product));
  const e = new Emitter();
  for (const input of inputs) e.nameOf(input);
  const joinedInputs = emitJoinedInputs(e, joinLimit, usedInputs(nodes, outputs));
  const joined = joinedParts(outputs, joinLimit);
  const own = outputs.filter((output) => !joined.named.includes(output));
  // Outputs that a node computes carry their names from the start; others are copied at the end.
  const copies = own.filter(([output, value]) => value.node === undefined || !e.name(value, output));
  for (const node of nodes) {
    if (fused.has(node)) continue;
    const fusion = fusions.get(node);
    e.origin = fusion?.product.origin ?? node.origin;
    if (fusion !== undefined) emitMatMul(e, fusion.product, node.outputs[0]!, standard, fusion.bias);
    else {
      emitInSupportedType(e, node, (each) => {
        const emit = EMITTERS[each.op];
        if (emit === undefined) e.emitNode(each);
        else emit(e, each, { standard, isUsed: (value) => uses.has(value) });
      });
    }
  }
  e.origin = '';
  for (const [output, value] of copies) e.emit('Identity', [e.nameOf(value)], [output]);
  const specs: TensorSpec[] = own.map(([output, { dtype, shape }]) => ({ name: output, dtype, shape }));
  if (joined.named.length > 0) {
    const flats = joined.named.map(([, value]) => e.reshaped(value, [elementCount(value.shape)]));
    e.emit('Concat', flats, ['outputs'], { axis: 0 });
    specs.push({ name: 'outputs', dtype: 'float32', shape: [joined.size] });
  }
  const model = { name, nodes: e.nodes, initializers: [...e.initializers.values()], inputs: e.inputs, outputs: specs };
  return { model, inputParts, joinedInputs, joinedOutputs: joined.parts };
}
