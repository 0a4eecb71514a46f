import { multiply } from './elementwise.ts';
import type { Graph } from './graph.ts';
import { reducedShape } from './shapeInference.ts';
import { expand, permutation, reshape, transpose, unexpanded } from './shapes.ts';
import { elementCount, type Value } from './value.ts';

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
