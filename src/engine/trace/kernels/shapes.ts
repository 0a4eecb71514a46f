import * as tf from '@tensorflow/tfjs-core';
import { cast } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { partOf, partsOf } from '../../graph/parts.ts';
import { checkAlike, paddedShape } from '../../graph/shapeInference.ts';
import { concat, expand, pad, reshape, slice, transpose } from '../../graph/shapes.ts';
import { elementCount, type Value } from '../../graph/value.ts';
import { axesOf, axisOf, type Kernel, type Kernels, mutable, shaped } from './kernel.ts';

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
