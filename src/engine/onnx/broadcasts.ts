import { type Data, elementCount, type Node, newData, sameShape, type Value } from '../graph/value.ts';
import type { Emitter } from './emitter.ts';
import { CONSTANT_LIMIT, FEW_COLUMNS, FEW_RUNS, MANY_ROWS } from './tuning.ts';

// ONNX Runtime broadcasts over the innermost axis at about 10 ns for each run of it, however short: a column times a scalar
// costs as many runs as it has rows. Here the innermost axis is made long, or the short operand is repeated by a product with
// ones, which is vectorized.

export const BROADCASTING: readonly string[] =
  'Add Sub Mul Div Max Min Pow Greater GreaterOrEqual Less LessOrEqual Equal And Or Where'.split(' ');

export const FUNCTIONS: readonly string[] = (
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
export function emitFunction(e: Emitter, node: Node): void {
  if (!emitOnVectors(e, node)) e.emitNode(node);
}

/** An elementwise operation of several operands. */
export function emitBroadcast(e: Emitter, node: Node): void {
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
export function emitClip(e: Emitter, node: Node): void {
  const [output] = node.outputs as [Value];
  if (output.dtype === 'float32') emitFunction(e, node);
  else {
    const [x, low, high] = node.inputs.map((value) => e.nameOf(value)) as [string, string, string];
    e.emit('Min', [e.add('Max', [x, low]), high], [e.nameOf(output)]);
  }
}

/** An expansion; of a column by a product. */
export function emitExpand(e: Emitter, node: Node): void {
  const [value] = node.inputs as [Value];
  const [output] = node.outputs as [Value];
  const [rows, columns] = output.shape as [number, number];
  const isColumn = output.shape.length === 2 && sameShape(value.shape, [rows, 1]) && rows > 1;
  if (isColumn && value.dtype === 'float32') {
    e.emit('MatMul', [e.nameOf(value), e.filled(1, [1, columns])], [e.nameOf(output)]);
  } else e.emitNode(node);
}

/** Padding along one axis: a concatenation is faster. */
export function emitPad(e: Emitter, node: Node): void {
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
export function emitSum(e: Emitter, node: Node): void {
  const [value, axes] = node.inputs as [Value, Value];
  const [output] = node.outputs as [Value];
  const [rows, columns] = value.shape as [number, number];
  const isOverRows = value.shape.length === 2 && axes.constant!.length === 1 && Number(axes.constant![0]) === 0;
  if (isOverRows && value.dtype === 'float32' && columns > 1) {
    e.emit('MatMul', [e.filled(1, [1, rows]), e.nameOf(value)], [e.nameOf(output)]);
  } else e.emitNode(node);
}
