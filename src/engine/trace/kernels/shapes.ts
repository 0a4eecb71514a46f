import * as tf from '@tensorflow/tfjs-core';
import { add, binary, cast, multiply, reduce, unary, where } from '../../graph/elementwise.ts';
import { constantData, type Graph } from '../../graph/graph.ts';
import { partOf, partsOf } from '../../graph/linearAlgebra.ts';
import { checkAlike, paddedShape } from '../../graph/shapeInference.ts';
import { concat, expand, filled, pad, reshape, slice, transpose } from '../../graph/shapes.ts';
import { elementCount, newData, type Value } from '../../graph/value.ts';
import { alike, axesOf, axisOf, counted, type Kernel, type Kernels, mutable, shaped } from './kernel.ts';

function insertAxis(g: Graph, x: Value, axis: number): Value {
  return reshape(g, x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]);
}

const pack: Kernel = (g, _, { axis }, list) => {
  checkAlike(list);
  const at = axisOf(axis, [...list[0]!.shape, 1]);
  return concat(
    g,
    list.map((x) => insertAxis(g, x, at)),
    at,
  );
};

const unpack: Kernel = (g, { value }, { axis }) => {
  const at = axisOf(axis, value.shape);
  const shape = value.shape.filter((_, i) => i !== at);
  return partsOf(
    g,
    value,
    Array.from({ length: value.shape[at]! }, () => 1),
    at,
  ).map((part) => reshape(g, part, shape));
};

/** Elements along the axes from the last to the first where a step is negative. */
function strided(g: Graph, x: Value, begin: number[], end: number[], strides: number[], shape: number[]): Value {
  const axes = x.shape.map((_, axis) => axis);
  // ONNX counts negative ends from the back; "before the first" needs a number below that.
  const ends = end.map((e, axis) => (e < 0 ? -1 - x.shape[axis]! : e));
  return g.node('Slice', [x, g.int64s(begin), g.int64s(ends), g.int64s(axes), g.int64s(strides)], shape, x.dtype);
}

const stridedSlice: Kernel = (g, { x }, a) => {
  const info = tf.slice_util.sliceInfo(
    mutable(x.shape),
    a.begin as number[],
    a.end,
    a.strides,
    a.beginMask,
    a.endMask,
    a.ellipsisMask,
    a.newAxisMask,
    a.shrinkAxisMask,
  );
  const dense = tf.slice_util.computeOutShape(info.begin, info.end, info.strides);
  return reshape(g, strided(g, x, info.begin, info.end, info.strides, dense), info.finalShape);
};

function reversed(g: Graph, x: Value, along: readonly number[]): Value {
  const axes = along.filter((axis) => x.shape[axis] !== 1);
  if (axes.length === 0) return x;
  const each = (number: number): Value => g.int64s(axes.map(() => number));
  const firsts = g.int64s(axes.map((axis) => -1 - x.shape[axis]!));
  return g.node('Slice', [x, each(-1), firsts, g.int64s(axes), each(-1)], x.shape, x.dtype);
}

const mirrorPad: Kernel = (g, { x }, { paddings, mode }) => {
  const shape = paddedShape(x.shape, paddings);
  if (mode === 'reflect') {
    const pads = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
    return g.node('Pad', [x, g.int64s(pads)], shape, x.dtype, { mode: 'reflect' });
  }
  // 'symmetric' repeats the edge too, for which ONNX has no mode.
  return paddings.reduce((padded, [before, after], axis) => {
    const size = padded.shape[axis]!;
    const part = (begin: number, count: number): Value =>
      slice(
        g,
        padded,
        padded.shape.map((_, i) => (i === axis ? begin : 0)),
        padded.shape.map((s, i) => (i === axis ? count : s)),
      );
    const parts = [
      ...(before > 0 ? [reversed(g, part(0, before), [axis])] : []),
      padded,
      ...(after > 0 ? [reversed(g, part(size - after, after), [axis])] : []),
    ];
    return concat(g, parts, axis);
  }, x);
};

const tile: Kernel = (g, { x }, { reps }) => {
  const shape = x.shape.map((size, i) => size * reps[i]!);
  // Where only axes of size 1 are repeated, it is a broadcast.
  if (x.shape.every((size, i) => size === 1 || reps[i] === 1)) return expand(g, x, shape);
  return g.node('Tile', [x, g.int64s(reps)], shape, x.dtype);
};

/** A vector on the diagonal of a matrix; in general, x[i…] at [i…, i…]. */
const diagonal: Kernel = (g, { x }) => {
  const count = elementCount(x.shape);
  const gaps = reshape(g, x, [count, 1]);
  // Each element followed by a row's length of zeros, the last one's cut off.
  const spaced = reshape(
    g,
    pad(
      g,
      gaps,
      [
        [0, 0],
        [0, count],
      ],
      0,
    ),
    [count * (count + 1)],
  );
  return reshape(g, slice(g, spaced, [0], [count * count]), [...x.shape, ...x.shape]);
};

const reshaped: Kernel = (g, { x }, { shape: wanted }) => {
  return reshape(g, x, tf.util.inferFromImplicitShape(wanted, elementCount(x.shape)));
};

/** Parts side by side, in the type of the first. */
const joined: Kernel = (g, _, { axis }, list) => {
  const [{ dtype, shape }] = list as [Value];
  const parts = list.map((part) => cast(g, part, dtype));
  return concat(g, parts, axisOf(axis, shape));
};

/** Rearrangements: the elements stay, their places change. */
export const SHAPES: Kernels = {
  Reshape: reshaped,
  ExpandDims: (g, { input }, { dim }) => insertAxis(g, input, axisOf(dim, [...input.shape, 1])),
  Transpose: (g, { x }, { perm }) => transpose(g, x, perm),
  Concat: joined,
  Pack: pack,
  Unpack: unpack,
  Slice: (g, { x }, { begin, size }) => {
    const [from, count] = tf.slice_util.parseSliceParams(shaped(x), begin, size);
    return partOf(g, x, from!, count!);
  },
  StridedSlice: stridedSlice,
  SplitV: (g, { x }, { numOrSizeSplits, axis }) => {
    const along = axisOf(axis, x.shape);
    const sizes = tf.backend_util.prepareSplitSize(shaped(x) as tf.Tensor, numOrSizeSplits, along);
    return partsOf(g, x, sizes, along);
  },
  PadV2: (g, { x }, { paddings, constantValue }) => pad(g, x, paddings, constantValue),
  MirrorPad: mirrorPad,
  Tile: tile,
  Reverse: (g, { x }, { dims }) => reversed(g, x, axesOf(dims, x.shape)),
  Diag: diagonal,
};

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
