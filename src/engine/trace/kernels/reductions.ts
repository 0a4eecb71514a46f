import { cast, multiply, type Reduction, reduce, unary, where } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { reducedShape } from '../../graph/shapeInference.ts';
import { concat, filled, slice, tensorConstant } from '../../graph/shapes.ts';
import { newData, type Value } from '../../graph/value.ts';
import { axesOf, axisOf, counted, type Kernel, type Kernels } from './kernel.ts';

const reduction =
  (op: Reduction): Kernel =>
  (g, { x }, { axis, reductionIndices, keepDims }) =>
    reduce(g, op, x, axesOf(axis ?? reductionIndices, x.shape), keepDims);

/** The mean; 0 of no numbers, as tfjs-cpu has it. */
const mean: Kernel = (g, { x }, { axis, keepDims }) => {
  const axes = axesOf(axis, x.shape);
  if (x.shape.includes(0)) return filled(g, 0, reducedShape(x.shape, axes, keepDims), 'float32');
  return reduce(g, 'ReduceMean', cast(g, x, 'float32'), axes, keepDims);
};

/** The greatest or least of no numbers in tfjs-cpu: no number, 0 or false. */
function ofNothing(g: Graph, x: Value, axes: readonly number[], keepDims: boolean): Value {
  return filled(g, x.dtype === 'float32' ? Number.NaN : 0, reducedShape(x.shape, axes, keepDims), x.dtype);
}

/** The least or greatest number; NaN where there is one. Of bools they tell whether all are true, or any is. */
const extreme =
  (op: 'ReduceMax' | 'ReduceMin'): Kernel =>
  (g, { x }, { axis, reductionIndices, keepDims }) => {
    const axes = axesOf(axis ?? reductionIndices, x.shape);
    if (x.shape.includes(0)) return ofNothing(g, x, axes, keepDims);
    return cast(g, reduce(g, op, counted(g, x), axes, keepDims), x.dtype);
  };

/** NaN where it is the first counts as the most extreme number, elsewhere as the least so: as tfjs-cpu compares. */
function withoutNaN(g: Graph, x: Value, axis: number, sign: 1 | -1): Value {
  if (x.dtype !== 'float32') return x;
  const numbers = Array.from({ length: x.shape[axis]! }, (_, i) => (i === 0 ? sign : -sign) * Number.POSITIVE_INFINITY);
  const shape = x.shape.map((size, i) => (i === axis ? size : 1)).slice(axis);
  const substitutes = tensorConstant(g, newData('float32', numbers), shape, 'float32');
  return where(g, unary(g, 'IsNaN', x, {}, 'bool'), substitutes, x);
}

const indexOf =
  (op: 'ArgMax' | 'ArgMin'): Kernel =>
  (g, { x }, { axis }) => {
    const along = axisOf(axis, x.shape);
    const shape = reducedShape(x.shape, [along], false);
    return cast(
      g,
      g.node(op, [withoutNaN(g, counted(g, x), along, op === 'ArgMax' ? 1 : -1)], shape, 'int64', {
        axis: along,
        keepdims: 0,
      }),
      'int32',
    );
  };

/** Running sums; of bools whole numbers. */
const cumulativeSum: Kernel = (g, { x: given }, { axis, exclusive, reverse }) => {
  const x = counted(g, given);
  return g.node('CumSum', [x, g.scalar(axisOf(axis, x.shape), 'int64')], x.shape, x.dtype, {
    exclusive: Number(exclusive),
    reverse: Number(reverse),
  });
};

/** Running products by doubling: log₂ n products with a copy shifted by 1, 2, 4, … */
const cumulativeProduct: Kernel = (g, { x: given }, { axis, exclusive, reverse }) => {
  const x = counted(g, given);
  const along = axisOf(axis, x.shape);
  const count = x.shape[along]!;
  const shifted = (value: Value, by: number): Value => {
    const rest = x.shape.map((size, i) => (i === along ? count - by : size));
    const begin = x.shape.map((_, i) => (i === along && reverse ? by : 0));
    const ones = filled(
      g,
      1,
      x.shape.map((size, i) => (i === along ? by : size)),
      x.dtype,
    );
    const kept = slice(g, value, begin, rest);
    return concat(g, reverse ? [kept, ones] : [ones, kept], along);
  };
  let product = x;
  for (let by = 1; by < count; by *= 2) product = multiply(g, product, shifted(product, by));
  return exclusive && count > 0 ? shifted(product, 1) : product;
};

/** Reductions and running totals along axes. */
export const REDUCTIONS: Kernels = {
  Sum: reduction('ReduceSum'),
  Mean: mean,
  Max: extreme('ReduceMax'),
  Min: extreme('ReduceMin'),
  Prod: reduction('ReduceProd'),
  All: extreme('ReduceMin'),
  Any: extreme('ReduceMax'),
  ArgMax: indexOf('ArgMax'),
  ArgMin: indexOf('ArgMin'),
  Cumsum: cumulativeSum,
  Cumprod: cumulativeProduct,
  Softmax: (g, { logits }, { dim }) => g.node('Softmax', [logits], logits.shape, logits.dtype, { axis: dim }),
};
