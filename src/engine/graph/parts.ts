import type { Graph } from './graph.ts';
import { matMul } from './matMul.ts';
import { checkSlice, checkSplit } from './shapeInference.ts';
import { isFlipped, slice, split, transpose } from './shapes.ts';
import type { Value } from './value.ts';

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
