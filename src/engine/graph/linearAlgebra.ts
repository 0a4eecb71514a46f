import type { Graph } from './graph.ts';
import { checkSlice, checkSplit, productShape } from './shapeInference.ts';
import { isFlipped, pad, permutation, reshape, slice, split, transpose } from './shapes.ts';
import type { Node, Value } from './value.ts';

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

// Images are [batch, height, width, channels], filters [height, width, channels in, channels out].

/** The operations of the graph that are convolutions or their gradients. */
export const CONVOLUTIONS: ReadonlySet<string> = new Set(['Conv2D', 'Conv2DBackpropInput', 'Conv2DBackpropFilter']);

/** How the windows of a convolution lie on the images: each pair is for height and width. */
interface Windows {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Rows above and columns on the left, then rows below and columns on the right, of zeros: no more than the windows reach. */
  readonly pads: readonly [number, number, number, number];
  /** How many windows fit. */
  readonly counts: readonly [number, number];
}

/** The images, the filter and the results of a convolution, by their shapes, with its windows. */
export interface Convolution extends Windows {
  readonly images: readonly [number, number, number, number];
  readonly filter: readonly [number, number, number, number];
  readonly results: readonly [number, number, number, number];
}

/** From the first to the last pixel under a window, along height and width. */
export function extents({ kernel, dilations }: Windows): [number, number] {
  return [(kernel[0] - 1) * dilations[0] + 1, (kernel[1] - 1) * dilations[1] + 1];
}

/** A node for a convolution or one of its gradients. */
export function convolution(
  g: Graph,
  op: 'Conv2D' | 'Conv2DBackpropInput' | 'Conv2DBackpropFilter',
  inputs: readonly [Value, Value],
  { images, filter, results, strides, dilations, pads }: Convolution,
): Value {
  const shape = op === 'Conv2D' ? results : op === 'Conv2DBackpropInput' ? images : filter;
  return g.node(op, inputs, shape, 'float32', { strides, dilations, pads });
}

/** What a node that {@link convolution} made is. */
export function convolutionOf({ op, inputs: [a, b], outputs: [y], attributes }: Node): Convolution {
  const [images, filter, results] = op === 'Conv2D' ? [a, b, y] : op === 'Conv2DBackpropInput' ? [y, b, a] : [a, y, b];
  const shapeOf = (value: Value | undefined): [number, number, number, number] =>
    value!.shape as unknown as [number, number, number, number];
  const [kernelHeight, kernelWidth] = shapeOf(filter);
  const [, height, width] = shapeOf(results);
  return {
    images: shapeOf(images),
    filter: shapeOf(filter),
    results: shapeOf(results),
    kernel: [kernelHeight, kernelWidth],
    counts: [height, width],
    strides: attributes.strides as unknown as Windows['strides'],
    dilations: attributes.dilations as unknown as Windows['dilations'],
    pads: attributes.pads as unknown as Windows['pads'],
  };
}

/** The pixels under each window as one row: [batch · windows, kernel height · kernel width · channels]. */
export function imageToColumns(g: Graph, x: Value, { kernel, strides, dilations, pads, counts }: Windows): Value {
  const [top, left, bottom, right] = pads;
  const [batch, , , channels] = x.shape as [number, number, number, number];
  const framed = pad(
    g,
    x,
    [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ],
    0,
  );
  const windows = g.node('Im2Col', [framed], [batch, ...counts, ...kernel, channels], x.dtype, { strides, dilations });
  return reshape(g, windows, [batch * counts[0] * counts[1], kernel[0] * kernel[1] * channels]);
}

/** The adjoint of {@link imageToColumns}: images of such rows, whose pixels are sums where windows overlap. */
export function columnsToImage(
  g: Graph,
  columns: Value,
  { images, kernel, strides, dilations, pads, counts }: Convolution,
): Value {
  const [top, left, bottom, right] = pads;
  const [batch, height, width, channels] = images;
  const windows = reshape(g, columns, [batch, ...counts, ...kernel, channels]);
  const framed = [batch, height + top + bottom, width + left + right, channels];
  const sums = g.node('Col2Im', [windows], framed, columns.dtype, { strides, dilations });
  return slice(g, sums, [0, top, left, 0], images);
}

/** Up to how many rows or columns a product is cut into products. */
const FEW = 16;

/** Some rows of the product `x` as a product of their own; undefined where `x` is none, or has many rows. */
function productRows(g: Graph, x: Value, begin: number, count: number): Value | undefined {
  if (x.node?.op !== 'MatMul' || x.shape.length !== 2 || x.shape[0]! > FEW) return undefined;
  const [a, b] = x.node.inputs as [Value, Value];
  const transA = x.node.attributes.transA === 1;
  const rows = transA ? slice(g, a, [0, begin], [a.shape[0]!, count]) : slice(g, a, [begin, 0], [count, a.shape[1]!]);
  return matMul(g, rows, b, transA, x.node.attributes.transB === 1);
}

/** `count` entries along `axis`: of a narrow product only what is asked for is calculated. */
function productPart(g: Graph, x: Value, axis: number, begin: number, count: number): Value | undefined {
  if (axis === 0) return productRows(g, x, begin, count);
  if (axis !== 1 || !isFlipped(x)) return undefined;
  const rows = productRows(g, x.node!.inputs[0]!, begin, count);
  return rows && transpose(g, rows, [1, 0]);
}

/** A slice; see {@link slice}. */
export function partOf(g: Graph, x: Value, begin: readonly number[], size: readonly number[]): Value {
  checkSlice(x.shape, begin, size);
  const axes = size.flatMap((count, axis) => (count === x.shape[axis] ? [] : [axis]));
  const [axis] = axes;
  const part = axes.length === 1 ? productPart(g, x, axis!, begin[axis!]!, size[axis!]!) : undefined;
  return part ?? slice(g, x, begin, size);
}

/** The parts of a split; see {@link split}. */
export function partsOf(g: Graph, x: Value, sizes: readonly number[], axis: number): readonly Value[] {
  checkSplit(x.shape, sizes, axis);
  let begin = 0;
  const parts = sizes.map((size) => {
    begin += size;
    return productPart(g, x, axis, begin - size, size);
  });
  return parts.every((part) => part !== undefined) ? parts : split(g, x, sizes, axis);
}
