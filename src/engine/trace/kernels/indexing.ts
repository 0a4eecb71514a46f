import * as tf from '@tensorflow/tfjs-core';
import { add, binary, cast, multiply, unary, where } from '../../graph/elementwise.ts';
import { constantData, type Graph } from '../../graph/graph.ts';
import { reduce } from '../../graph/reductions.ts';
import { expand, filled, reshape } from '../../graph/shapes.ts';
import { elementCount, newData, type Value } from '../../graph/value.ts';
import { alike, axisOf, counted, type Kernel, type Kernels, mutable, shaped } from './kernel.ts';

/** An index outside [0, depth) has no 1 (ONNX's OneHot would count it from the back). */
const oneHot: Kernel = (g, { indices }, { depth, onValue, offValue, dtype = 'int32' }) => {
  // Compared as floats, which ONNX Runtime broadcasts faster.
  const counting = g.constant(
    newData(
      'float32',
      Array.from({ length: depth }, (_, i) => i),
    ),
    [depth],
    'float32',
  );
  const column = reshape(g, cast(g, indices, 'float32'), [...indices.shape, 1]);
  const hot = cast(g, binary(g, 'Equal', column, counting, 'bool'), dtype);
  if (dtype === 'bool' || (onValue === 1 && offValue === 0)) return hot;
  return add(g, multiply(g, hot, g.scalar(onValue - offValue, dtype)), g.scalar(offValue, dtype));
};

/**
 * Checks constant indices here and now; others are checked when the program runs.
 * @param limits the sizes that the indices, or the components of each, must be below
 */
function checkIndices(indices: Value, limits: readonly number[]): void {
  const known = constantData(indices) as Int32Array | undefined;
  known?.forEach((index, i) => {
    const limit = limits[i % limits.length]!;
    if (index < 0 || index >= limit) throw new Error(`the index ${index} is not in [0, ${limit})`);
  });
}

const gather: Kernel = (g, { x, indices }, { axis, batchDims }) => {
  const along = axisOf(axis, x.shape);
  checkIndices(indices, [x.shape[along]!]);
  const info = tf.backend_util.segment_util.collectGatherOpShapeInfo(shaped(x), shaped(indices), along, batchDims ?? 0);
  if (info.batchSize === 1) {
    const flat = reshape(g, indices, [elementCount(indices.shape)]);
    const shape = [...x.shape.slice(0, along), flat.shape[0]!, ...x.shape.slice(along + 1)];
    return reshape(g, g.node('Gather', [x, flat], shape, x.dtype, { axis: along }), info.outputShape);
  }
  const { batchSize, outerSize, dimSize, sliceSize } = info;
  const count = elementCount(indices.shape) / batchSize;
  const source = reshape(g, x, [batchSize, outerSize, dimSize, sliceSize]);
  const shape = [batchSize, outerSize, count, sliceSize];
  const places = expand(g, reshape(g, indices, [batchSize, 1, count, 1]), shape);
  return reshape(g, g.node('GatherElements', [source, places], shape, x.dtype, { axis: 2 }), info.outputShape);
};

/** Adds `updates` into zeros of `shape` at `indices`. */
function scatterAdd(g: Graph, indices: Value, updates: Value, shape: readonly number[]): Value {
  const zeros = filled(g, 0, shape, updates.dtype);
  return g.node('ScatterND', [zeros, cast(g, indices, 'int64'), updates], shape, updates.dtype, { reduction: 'add' });
}

/** Segment ids out of range are left out. The sums are floats, as in tfjs-cpu. */
const segmentSum: Kernel = (g, { x: given, segmentIds }, { numSegments }) => {
  const x = cast(g, given, 'float32');
  const zero = g.scalar(0, 'int32');
  const isKept = binary(
    g,
    'And',
    binary(g, 'GreaterOrEqual', segmentIds, zero, 'bool'),
    binary(g, 'Less', segmentIds, g.scalar(numSegments, 'int32'), 'bool'),
    'bool',
  );
  const tail = x.shape.slice(segmentIds.shape.length);
  const rows = reshape(g, isKept, [...segmentIds.shape, ...tail.map(() => 1)]);
  const places = reshape(g, where(g, isKept, segmentIds, zero), [...segmentIds.shape, 1]);
  return scatterAdd(g, places, where(g, rows, x, g.scalar(0, x.dtype)), [numSegments, ...tail]);
};

/** NaN counts as infinity. */
const topK: Kernel = (g, { x }, { k, sorted }) => {
  const shape = [...x.shape.slice(0, -1), k];
  const isFloat = x.dtype === 'float32';
  const keys = isFloat
    ? where(g, unary(g, 'IsNaN', x, {}, 'bool'), g.scalar(Number.POSITIVE_INFINITY), x)
    : counted(g, x);
  const [best, indices] = g.nodes(
    'TopK',
    [keys, g.int64s([k])],
    [
      { shape, dtype: keys.dtype },
      { shape, dtype: 'int64' },
    ],
    { sorted: Number(sorted ?? true) },
  );
  const axis = x.shape.length - 1;
  const values = isFloat ? g.node('GatherElements', [x, indices!], shape, x.dtype, { axis }) : cast(g, best!, x.dtype);
  return [values, cast(g, indices!, 'int32')];
};

/** How many numbers of the row lie before each value. */
const searchSorted: Kernel = (g, given, { side }) => {
  const both = alike(g, [given.sortedSequence, given.values]);
  const [sortedSequence, values] = both.map((value) => counted(g, value)) as [Value, Value];
  const [rows, length] = sortedSequence.shape as [number, number];
  const sequence = reshape(g, sortedSequence, [rows, 1, length]);
  const wanted = reshape(g, values, [...values.shape, 1]);
  const before = binary(g, side === 'left' ? 'Less' : 'LessOrEqual', sequence, wanted, 'bool');
  return reduce(g, 'ReduceSum', cast(g, before, 'int32'), [2], false);
};

/** Reading and writing at indices. */
export const INDEXING: Kernels = {
  OneHot: oneHot,
  GatherV2: gather,
  GatherNd: (g, { params, indices }) => {
    const [shape] = tf.backend_util.prepareAndValidate(shaped(params), shaped(indices));
    checkIndices(indices, params.shape.slice(0, indices.shape.at(-1)));
    return g.node('GatherND', [params, cast(g, indices, 'int64')], shape, params.dtype);
  },
  ScatterNd: (g, { indices, updates }, { shape }) => {
    checkIndices(indices, shape.slice(0, indices.shape.at(-1)));
    return scatterAdd(g, indices, updates, mutable(shape));
  },
  TensorScatterUpdate: (g, { tensor, indices, updates }) => {
    checkIndices(indices, tensor.shape.slice(0, indices.shape.at(-1)));
    return g.node('ScatterND', [tensor, cast(g, indices, 'int64'), updates], tensor.shape, tensor.dtype);
  },
  UnsortedSegmentSum: segmentSum,
  TopK: topK,
  SearchSorted: searchSorted,
};
