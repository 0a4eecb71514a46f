import { cast, multiply } from '../../graph/elementwise.ts';
import { type Reduction, reduce, reducedShape } from '../../graph/reductions.ts';
import { concat, filled, slice } from '../../graph/shapes.ts';
import type { Value } from '../../graph/value.ts';
import { axesOf, axisOf, type Kernel, type Kernels } from './kernel.ts';

const reduction =
  (op: Reduction): Kernel =>
  (g, { x }, { axis, reductionIndices, keepDims }) =>
    reduce(g, op, x, axesOf(axis ?? reductionIndices, x.shape), keepDims);

/** All: the least of 0s and 1s. Any: the greatest. */
const overBools =
  (op: Reduction): Kernel =>
  (g, { x }, { axis, keepDims }) =>
    cast(g, reduce(g, op, cast(g, x, 'int32'), axesOf(axis, x.shape), keepDims), 'bool');

const indexOf =
  (op: 'ArgMax' | 'ArgMin'): Kernel =>
  (g, { x }, { axis }) => {
    const along = axisOf(axis, x.shape);
    const shape = reducedShape(x.shape, [along], false);
    return cast(g, g.node(op, [x], shape, 'int64', { axis: along, keepdims: 0 }), 'int32');
  };

/** Running products by doubling: log₂ n products with a copy shifted by 1, 2, 4, … */
const cumulativeProduct: Kernel = (g, { x }, { axis, exclusive, reverse }) => {
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
  return exclusive ? shifted(product, 1) : product;
};

/** Reductions and running totals along axes. */
export const REDUCTIONS: Kernels = {
  Sum: reduction('ReduceSum'),
  Mean: (g, inputs, attributes, list) =>
    reduction('ReduceMean')(g, { ...inputs, x: cast(g, inputs.x, 'float32') }, attributes, list),
  Max: reduction('ReduceMax'),
  Min: reduction('ReduceMin'),
  Prod: reduction('ReduceProd'),
  All: overBools('ReduceMin'),
  Any: overBools('ReduceMax'),
  ArgMax: indexOf('ArgMax'),
  ArgMin: indexOf('ArgMin'),
  Cumsum: (g, { x }, { axis, exclusive, reverse }) =>
    g.node('CumSum', [x, g.scalar(axisOf(axis, x.shape), 'int64')], x.shape, x.dtype, {
      exclusive: Number(exclusive),
      reverse: Number(reverse),
    }),
  Cumprod: cumulativeProduct,
  Softmax: (g, { logits }, { dim }) => g.node('Softmax', [logits], logits.shape, logits.dtype, { axis: dim }),
};
