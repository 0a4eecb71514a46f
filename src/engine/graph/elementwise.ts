import { type Graph, uniformNumber } from './graph.ts';
import { broadcastShape, checkAlike, reducedShape } from './shapeInference.ts';
import {
  addPadded,
  expand,
  filled,
  isFlipped,
  isFreelyFlipped,
  permutation,
  reshape,
  transpose,
  unexpanded,
} from './shapes.ts';
import { type Attributes, type ElementType, elementCount, sameShape, type Value } from './value.ts';

/** An operation on each element, with scalar operands after it. It is done before an expansion or a transpose, not after it. */
export function unary(
  g: Graph,
  op: string,
  x: Value,
  attributes: Attributes = {},
  dtype = x.dtype,
  scalars: readonly Value[] = [],
): Value {
  if (op === 'Neg' && x.node?.op === 'Neg') return x.node.inputs[0]!;
  if (op === 'Abs' && x.node?.op === 'Neg') return unary(g, op, x.node.inputs[0]!);
  const source = unexpanded(x);
  if (source !== x) return expand(g, unary(g, op, source, attributes, dtype, scalars), x.shape);
  const perm = permutation(x);
  if (perm !== undefined) return transpose(g, unary(g, op, x.node!.inputs[0]!, attributes, dtype, scalars), perm);
  return g.node(op, [x, ...scalars], x.shape, dtype, attributes);
}

/** The nearest number in [low, high]; no integer is beyond the bounds that int32 has itself. */
export function clip(g: Graph, x: Value, low: number, high: number): Value {
  const isFloat = x.dtype === 'float32';
  const [least, most] = [isFloat ? low : Math.max(low, -(2 ** 31)), isFloat ? high : Math.min(high, 2 ** 31 - 1)];
  return unary(g, 'Clip', x, {}, x.dtype, [g.scalar(least, x.dtype), g.scalar(most, x.dtype)]);
}

export function neg(g: Graph, x: Value): Value {
  return unary(g, 'Neg', x);
}

/** A float that is no int32 keeps its low 32 bits, and NaN is 0, as in JavaScript. */
export function cast(g: Graph, x: Value, dtype: ElementType): Value {
  if (x.dtype === dtype) return x;
  const number = uniformNumber(x);
  if (number !== undefined) {
    return filled(
      g,
      dtype === 'bool' ? Number(number !== 0) : dtype === 'float32' ? number : Math.trunc(number),
      x.shape,
      dtype,
    );
  }
  return unary(g, 'Cast', x, {}, dtype);
}

/** One rule for `op`: the simpler value, or undefined where it does not apply. `x` and `y` are `a` and `b` unexpanded. */
type Rule = (g: Graph, x: Value, y: Value) => Value | undefined;

const isConstant = (value: Value): boolean => value.constant !== undefined && value.constant.length === 1;
const number = (value: Value): number | undefined => uniformNumber(value);
const definedBy = (value: Value, op: string): readonly Value[] | undefined =>
  value.node?.op === op ? value.node.inputs : undefined;

function scaled(g: Graph, x: Value, factor: number): Value | undefined {
  if (factor === 1) return x;
  if (factor === -1) return neg(g, x);
  const negated = definedBy(x, 'Neg');
  return negated && multiply(g, negated[0]!, g.scalar(-factor));
}

/** Whether dividing by `x` is multiplying by its reciprocal, to the last bit. */
function hasExactReciprocal(x: number): boolean {
  const [bits] = new Int32Array(Float32Array.of(x).buffer);
  return Math.fround(x) === x && (bits! & 0x7fffff) === 0 && Math.abs(x) < 2 ** 126 && Math.abs(x) >= 2 ** -126;
}

/** Rules change no result but the sign of a zero. */
const RULES: Readonly<Record<string, Rule>> = {
  Add: (g, x, y) => {
    if (number(x) === 0) return y;
    if (number(y) === 0) return x;
    const minusY = definedBy(y, 'Neg');
    if (minusY !== undefined) return binary(g, 'Sub', x, minusY[0]!);
    const minusX = definedBy(x, 'Neg');
    if (minusX !== undefined) return binary(g, 'Sub', y, minusX[0]!);
    return addPadded(g, x, y);
  },
  Sub: (g, x, y) => {
    if (number(y) === 0) return x;
    if (number(x) === 0) return neg(g, y);
    const minusY = definedBy(y, 'Neg');
    return minusY === undefined ? undefined : binary(g, 'Add', x, minusY[0]!);
  },
  Mul: (g, x, y) => {
    if (x.dtype !== 'float32') return number(x) === 1 ? y : number(y) === 1 ? x : undefined;
    if (isConstant(x)) return scaled(g, y, Number(x.constant![0]));
    if (isConstant(y)) return scaled(g, x, Number(y.constant![0]));
    const [minusX, minusY] = [definedBy(x, 'Neg'), definedBy(y, 'Neg')];
    return minusX !== undefined && minusY !== undefined ? binary(g, 'Mul', minusX[0]!, minusY[0]!) : undefined;
  },
  Div: (g, x, y) => {
    const divisor = number(y);
    if (divisor === 1) return x;
    if (x.dtype !== 'float32' || divisor === undefined || !hasExactReciprocal(divisor)) return undefined;
    return binary(g, 'Mul', x, g.scalar(1 / divisor));
  },
  Pow: (g, x, y) => {
    switch (number(y)) {
      case 0:
        return filled(g, 1, x.shape, x.dtype);
      case 1:
        return x;
      case 2:
        return binary(g, 'Mul', x, x);
      case 3:
        return binary(g, 'Mul', binary(g, 'Mul', x, x), x);
      case -1:
        return x.dtype === 'float32' ? unary(g, 'Reciprocal', x) : undefined;
      default:
        return undefined;
    }
  },
};

/** An operation on pairs of elements, broadcast. Expanded operands are used as they were before the expansion. */
export function binary(g: Graph, op: string, a: Value, b: Value, dtype: ElementType = a.dtype): Value {
  checkAlike([a, b]);
  const shape = broadcastShape(a.shape, b.shape);
  const [x, y] = [unexpanded(a), unexpanded(b)];
  const simpler = RULES[op]?.(g, x, y);
  const result =
    simpler ?? flippedBinary(g, op, x, y, dtype) ?? g.node(op, [x, y], broadcastShape(x.shape, y.shape), dtype);
  return expand(g, result, shape);
}

/** The operand of a matrix operation as the operand of its transpose, where that moves no data. */
function flippedOperand(g: Graph, x: Value): Value | undefined {
  if (x.shape.length === 0) return x;
  if (x.shape.length === 1) return reshape(g, x, [x.shape[0]!, 1]);
  return isFreelyFlipped(x) ? transpose(g, x, [1, 0]) : undefined;
}

/**
 * The operation before a transpose instead of after it; and a column with a row, which ONNX Runtime walks row by row, as their
 * transposes if there are more rows than columns.
 */
function flippedBinary(g: Graph, op: string, x: Value, y: Value, dtype: ElementType): Value | undefined {
  const shape = broadcastShape(x.shape, y.shape);
  if (shape.length !== 2) return undefined;
  const isOuter = !sameShape(x.shape, shape) && !sameShape(y.shape, shape) && shape[0]! > shape[1]!;
  if (!isFlipped(x) && !isFlipped(y) && !isOuter) return undefined;
  const [p, q] = [flippedOperand(g, x), flippedOperand(g, y)];
  return p && q && transpose(g, binary(g, op, p, q, dtype), [1, 0]);
}

export function add(g: Graph, a: Value, b: Value): Value {
  return binary(g, 'Add', a, b);
}

export function subtract(g: Graph, a: Value, b: Value): Value {
  return binary(g, 'Sub', a, b);
}

export function multiply(g: Graph, a: Value, b: Value): Value {
  return binary(g, 'Mul', a, b);
}

export function divide(g: Graph, a: Value, b: Value): Value {
  return binary(g, 'Div', a, b);
}

/** `condition ? a : b`, broadcast. */
export function where(g: Graph, condition: Value, a: Value, b: Value): Value {
  checkAlike([a, b]);
  if (a === b && sameShape(broadcastShape(condition.shape, a.shape), a.shape)) return a;
  const shape = broadcastShape(broadcastShape(condition.shape, a.shape), b.shape);
  const chosen = number(condition);
  if (chosen !== undefined) return expand(g, chosen === 0 ? b : a, shape);
  const inputs = [unexpanded(condition), unexpanded(a), unexpanded(b)];
  if (shape.length === 2 && inputs.some(isFlipped)) {
    const [c, x, y] = inputs.map((value) => flippedOperand(g, value));
    if (c && x && y) return transpose(g, where(g, c, x, y), [1, 0]);
  }
  const narrow = broadcastShape(broadcastShape(inputs[0]!.shape, inputs[1]!.shape), inputs[2]!.shape);
  return expand(g, g.node('Where', inputs, narrow, a.dtype), shape);
}

export type Reduction = 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceMin' | 'ReduceProd';

/** Reduces over `axes`. Axes along which `x` only repeats itself are not walked. */
export function reduce(g: Graph, op: Reduction, x: Value, axes: readonly number[], keepDims: boolean): Value {
  const shape = reducedShape(x.shape, axes, keepDims);
  const perm = permutation(x);
  if (perm !== undefined) {
    const kept = reduce(
      g,
      op,
      x.node!.inputs[0]!,
      axes.map((axis) => perm[axis]!),
      true,
    );
    return reshape(g, transpose(g, kept, perm), shape);
  }
  const source = unexpanded(x);
  // The source's sizes at the rank of x.
  const sizes = x.shape.map((_, axis) => source.shape[axis - x.shape.length + source.shape.length] ?? 1);
  const walked = axes.filter((axis) => sizes[axis] !== 1);
  const repeats = axes.reduce((count, axis) => count * (sizes[axis] === 1 ? x.shape[axis]! : 1), 1);
  if (op === 'ReduceProd' && repeats !== 1) {
    return g.node(op, [x, g.int64s(axes)], shape, x.dtype, { keepdims: keepDims ? 1 : 0 });
  }
  let result = reshape(g, source, sizes);
  if (walked.length > 0) {
    result = g.node(op, [result, g.int64s(walked)], reducedShape(sizes, walked, true), x.dtype, { keepdims: 1 });
  }
  if (op === 'ReduceSum' && repeats !== 1) result = multiply(g, result, g.scalar(repeats, x.dtype));
  const kept = reducedShape(x.shape, axes, true);
  // Reshape first: it is free, and leaves the expansion outermost.
  const free = kept.map((size, axis) => (result.shape[axis] === 1 ? 1 : size));
  if (elementCount(free) === elementCount(kept)) return reshape(g, result, shape);
  return reshape(g, expand(g, result, kept), shape);
}
