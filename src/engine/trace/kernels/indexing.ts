import * as tf from '@tensorflow/tfjs-core';
import { add, binary, cast, multiply } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { reduce } from '../../graph/reductions.ts';
import { expand, filled, reshape } from '../../graph/shapes.ts';
import { elementCount, newData, type Value } from '../../graph/value.ts';
import { axisOf, type Kernel, type Kernels, mutable, shaped } from './kernel.ts';

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

const gather: Kernel = (g, { x, indices }, { axis, batchDims }) => {
  const along = axisOf(axis, x.shape);
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

/** Negative segment ids are left out. */
const segmentSum: Kernel = (g, { x, segmentIds }, { numSegments }) => {
  const places = reshape(g, segmentIds, [...segmentIds.shape, 1]);
  const kept = binary(g, 'GreaterOrEqual', segmentIds, g.scalar(0, 'int32'), 'bool');
  const tail = x.shape.slice(segmentIds.shape.length);
  const mask = reshape(g, cast(g, kept, x.dtype), [...segmentIds.shape, ...tail.map(() => 1)]);
  const clipped = binary(g, 'Max', places, g.scalar(0, 'int32'));
  return scatterAdd(g, clipped, multiply(g, x, mask), [numSegments, ...tail]);
};

const topK: Kernel = (g, { x }, { k, sorted }) => {
  const shape = [...x.shape.slice(0, -1), k];
  const [values, indices] = g.nodes(
    'TopK',
    [x, g.int64s([k])],
    [
      { shape, dtype: x.dtype },
      { shape, dtype: 'int64' },
    ],
    { sorted: Number(sorted ?? true) },
  );
  return [values!, cast(g, indices!, 'int32')];
};

/** How many numbers of the row lie before each value. */
const searchSorted: Kernel = (g, { sortedSequence, values }, { side }) => {
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
    return g.node('GatherND', [params, cast(g, indices, 'int64')], shape, params.dtype);
  },
  ScatterNd: (g, { indices, updates }, { shape }) => scatterAdd(g, indices, updates, mutable(shape)),
  TensorScatterUpdate: (g, { tensor, indices, updates }) =>
    g.node('ScatterND', [tensor, cast(g, indices, 'int64'), updates], tensor.shape, tensor.dtype),
  UnsortedSegmentSum: segmentSum,
  TopK: topK,
  SearchSorted: searchSorted,
};
