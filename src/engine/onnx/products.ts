import type { Attribute, Node, Value } from '../graph/value.ts';
import type { Emitter } from './emitter.ts';

/** A product and the bias that is added to it, as one Gemm. */
export interface Fusion {
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
export function fuseBiases(nodes: readonly Node[], uses: ReadonlyMap<Value, number>): Map<Node, Fusion> {
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
export function emitMatMul(e: Emitter, { inputs: [a, b], attributes }: Node, result: Value, bias?: Value): void {
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
