import type { Graph } from './graph.ts';
import { productShape } from './shapeInference.ts';
import { permutation, transpose } from './shapes.ts';
import type { Value } from './value.ts';

/** What `x` is the transpose of in its last two axes, if it is one. */
function transposedSource(x: Value): Value | undefined {
  const perm = permutation(x);
  const rank = x.shape.length;
  const swapsLast = perm?.every((axis, i) => axis === (i === rank - 2 ? rank - 1 : i === rank - 1 ? rank - 2 : i));
  return swapsLast ? x.node!.inputs[0]! : undefined;
}

/**
 * ONNX Runtime's product pads its columns to multiples of 16, and has fast paths for one row times a matrix and a matrix times
 * one column. So a product with few columns is done as the transpose of the transposed product.
 */
function isThin(columns: number): boolean {
  return columns < 16 || (columns < 64 && columns % 16 !== 0);
}

/** A product of two matrices. */
function matrixProduct(g: Graph, a: Value, b: Value, transA: boolean, transB: boolean): Value {
  const [rows, inner] = transA ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
  const columns = transB ? b.shape[0]! : b.shape[1]!;
  // Transposing a vector is free.
  if (transA && (rows === 1 || inner === 1)) return matrixProduct(g, transpose(g, a, [1, 0]), b, false, transB);
  if (transB && (columns === 1 || inner === 1)) return matrixProduct(g, a, transpose(g, b, [1, 0]), transA, false);
  const isRowTimesTransposed = rows === 1 && transB;
  const isTransposedTimesColumn = columns === 1 && transA;
  const isThinResult = rows > 16 && columns > 1 && rows >= 2 * columns && isThin(columns);
  if (isRowTimesTransposed || isTransposedTimesColumn || isThinResult) {
    return transpose(g, matrixProduct(g, b, a, !transB, !transA), [1, 0]);
  }
  return g.node('MatMul', [a, b], [rows, columns], a.dtype, { transA: Number(transA), transB: Number(transB) });
}

/** The product of matrices, batched over the leading axes; `transA` and `transB` transpose the last two axes first. */
export function matMul(g: Graph, a: Value, b: Value, transA = false, transB = false): Value {
  const shape = productShape(a.shape, b.shape, transA, transB);
  const sourceA = transposedSource(a);
  if (sourceA !== undefined) return matMul(g, sourceA, b, !transA, transB);
  const sourceB = transposedSource(b);
  if (sourceB !== undefined) return matMul(g, a, sourceB, transA, !transB);
  if (a.shape.length === 2 && b.shape.length === 2) return matrixProduct(g, a, b, transA, transB);
  return g.node('MatMul', [a, b], shape, a.dtype, { transA: Number(transA), transB: Number(transB) });
}
