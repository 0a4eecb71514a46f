import * as tf from '@tensorflow/tfjs-core';
import { typeOf } from '../read.ts';
import { axesOf, axisOf, constantOf, type Operator, type OperatorCall, type Operators } from './operator.ts';

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** A tensor with other sizes. @throws if they are of another number of elements */
function reshaped(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  if (shape.some((size) => size < 0) || sizeOf(shape) !== x.size) {
    throw new Error(`[${x.shape}] cannot become [${shape}]`);
  }
  return tf.reshape(x, [...shape]);
}

/** A 0 is a size that stays, −1 what is left. */
const reshape: Operator = (call) => {
  const x = call.input(0);
  const wanted = call.integersOr(1, 'shape') ?? [];
  const keeps = call.number('allowzero', 0) === 0;
  const sizes = wanted.map((size, i) => (size === 0 && keeps ? (x.shape[i] ?? 0) : size));
  const rest = x.size / sizeOf(sizes.filter((size) => size !== -1));
  return reshaped(
    x,
    sizes.map((size) => (size === -1 && Number.isInteger(rest) ? rest : size)),
  );
};

const flatten: Operator = (call) => {
  const x = call.input(0);
  const axis = call.number('axis', 1);
  const at = axis === x.rank ? axis : axisOf(axis, x.rank);
  return tf.reshape(x, [sizeOf(x.shape.slice(0, at)), sizeOf(x.shape.slice(at))]);
};

const transpose: Operator = (call) => {
  const x = call.input(0);
  const perm = axesOf(call.ints('perm'), x.rank);
  if (perm.length !== x.rank) throw new Error(`perm names ${perm.length} axes of ${x.rank}`);
  return tf.transpose(x, call.has('perm') ? perm : perm.reverse());
};

const squeeze: Operator = (call) => {
  const x = call.input(0);
  const axes = call.integersOr(1, 'axes');
  const dropped = axes === undefined ? x.shape.flatMap((size, i) => (size === 1 ? [i] : [])) : axesOf(axes, x.rank);
  return reshaped(
    x,
    x.shape.filter((_, axis) => !dropped.includes(axis)),
  );
};

const unsqueeze: Operator = (call) => {
  const x = call.input(0);
  const wanted = call.integersOr(1, 'axes') ?? [];
  const axes = axesOf(wanted, x.rank + wanted.length);
  const sizes = [...x.shape];
  const shape = Array.from({ length: x.rank + axes.length }, (_, i) => (axes.includes(i) ? 1 : sizes.shift()!));
  return tf.reshape(x, shape);
};

const expand: Operator = (call) => {
  const x = call.input(0);
  return expanded(x, call.broadcast(x.shape, call.integers(1)));
};

function expanded(x: tf.Tensor, shape: number[]): tf.Tensor {
  return tf.broadcastTo(x, shape);
}

const concat: Operator = (call) => {
  const { inputs } = call;
  const axis = axisOf(call.number('axis', 1), inputs[0]!.rank);
  call.budget.claim([inputs.reduce((sum, { size }) => sum + size, 0)]);
  return tf.concat(inputs, axis);
};

/** Elements of one axis, at `count` places from `start` on with a step that may be negative. */
function strided(x: tf.Tensor, axis: number, start: number, count: number, step: number): tf.Tensor {
  if (step === 1) {
    if (count === x.shape[axis]) return x;
    const begin = x.shape.map((_, i) => (i === axis ? start : 0));
    return tf.slice(
      x,
      begin,
      x.shape.map((size, i) => (i === axis ? count : size)),
    );
  }
  const places = Int32Array.from({ length: count }, (_, i) => start + i * step);
  return tf.gather(x, tf.tensor1d(places, 'int32'), axis);
}

const slice: Operator = (call) => {
  const x = call.input(0);
  const starts = call.integersOr(1, 'starts') ?? [];
  const ends = call.integersOr(2, 'ends') ?? [];
  const axes = axesOf(call.integersOr(3, 'axes') ?? starts.map((_, i) => i), x.rank);
  const steps = call.integersOr(4, 'steps') ?? starts.map(() => 1);
  if (axes.length !== starts.length || ends.length !== starts.length || steps.length !== starts.length) {
    throw new Error(`${starts.length} starts, ${ends.length} ends, ${axes.length} axes and ${steps.length} steps`);
  }
  return axes.reduce((part, axis, i) => {
    const size = x.shape[axis]!;
    const step = steps[i]!;
    if (step === 0) throw new Error('a step is 0');
    const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
    const place = (at: number) => Math.min(Math.max(at < 0 ? at + size : at, low), high);
    const [start, end] = [place(starts[i]!), place(ends[i]!)];
    return strided(part, axis, start, Math.max(0, Math.ceil((end - start) / step)), step);
  }, x);
};

/** The sizes are given, or there is a number of parts, of which the last may be smaller. */
const split: Operator = (call) => {
  const x = call.input(0);
  const axis = axisOf(call.number('axis', 0), x.rank);
  const size = x.shape[axis]!;
  const count = call.number('num_outputs', call.outputs);
  const each = Math.ceil(size / count);
  const sizes =
    call.integersOr(1, 'split') ??
    Array.from({ length: count }, (_, i) => Math.max(0, Math.min(each, size - i * each)));
  if (sizes.some((part) => part < 0) || sizes.reduce((sum, part) => sum + part, 0) !== size) {
    throw new Error(`parts of ${sizes}, expected ${size} together`);
  }
  let begin = 0;
  return sizes.map((part) => {
    begin += part;
    return strided(x, axis, begin - part, part, 1);
  });
};

/** Places that count from the back where they are negative, as places from the front. */
function places(indices: tf.Tensor, size: number): tf.Tensor {
  const whole = tf.cast(indices, 'int32');
  return tf.where(tf.less(whole, 0), tf.add(whole, tf.scalar(size, 'int32')), whole);
}

const gather: Operator = (call) => {
  const [x, indices] = [call.input(0), call.input(1)];
  const axis = axisOf(call.number('axis', 0), x.rank);
  call.budget.claim([...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]);
  return tf.gather(x, places(indices, x.shape[axis]!), axis);
};

/** y[i…, j, k…] = x[i…, indices[i…, j, k…], k…], by the places in the row of all elements. */
const gatherElements: Operator = (call) => {
  const [x, indices] = [call.input(0), call.input(1)];
  const axis = axisOf(call.number('axis', 0), x.rank);
  if (indices.rank !== x.rank || indices.shape.some((size, i) => i !== axis && size > x.shape[i]!)) {
    throw new Error(`indices of shape [${indices.shape}] for [${x.shape}]`);
  }
  const stride = (i: number) => sizeOf(x.shape.slice(i + 1));
  const others = new Int32Array(indices.size);
  for (let i = 0; i < indices.size; i++) {
    let rest = i;
    for (let d = indices.rank - 1; d >= 0; d--) {
      if (d !== axis) others[i]! += (rest % indices.shape[d]!) * stride(d);
      rest = Math.floor(rest / indices.shape[d]!);
    }
  }
  const along = tf.mul(places(indices, x.shape[axis]!), tf.scalar(stride(axis), 'int32'));
  return tf.gather(tf.reshape(x, [-1]), tf.add(along, tf.tensor(others, indices.shape, 'int32')));
};

const tile: Operator = (call) => {
  const x = call.input(0);
  const repeats = call.integers(1);
  if (repeats.length !== x.rank || repeats.some((n) => n < 0)) {
    throw new Error(`repeats ${repeats}, expected ${x.rank} numbers`);
  }
  call.budget.claim(x.shape.map((size, i) => size * repeats[i]!));
  return repeats.includes(0)
    ? tf.zeros(
        x.shape.map((size, i) => size * repeats[i]!),
        x.dtype,
      )
    : tf.tile(x, repeats);
};

const pad: Operator = (call) => {
  const x = call.input(0);
  const given = call.integersOr(1, 'pads') ?? [];
  const axes = axesOf(call.optional(3) && call.integers(3), x.rank);
  if (given.length !== 2 * axes.length) throw new Error(`${given.length} pads for ${axes.length} axes`);
  const pads = x.shape.map((_, axis): [number, number] => {
    const i = axes.indexOf(axis);
    return i < 0 ? [0, 0] : [given[i]!, given[axes.length + i]!];
  });
  const positive = pads.map(([before, after]): [number, number] => [Math.max(before, 0), Math.max(after, 0)]);
  call.budget.claim(x.shape.map((size, axis) => size + positive[axis]![0] + positive[axis]![1]));
  const padded = padding(call, x, positive);
  // Negative pads cut off.
  return pads.reduce((part, [before, after], axis) => {
    const cut = Math.max(-before, 0);
    const count = part.shape[axis]! - cut - Math.max(-after, 0);
    if (count < 0) throw new Error(`pads ${given} cut more than [${x.shape}] has`);
    return strided(part, axis, cut, count, 1);
  }, padded);
};

function padding(call: OperatorCall, x: tf.Tensor, pads: [number, number][]): tf.Tensor {
  const mode = call.text('mode', 'constant');
  if (mode === 'constant') {
    const value = call.optional(2);
    const number = value === undefined || value.size === 0 ? call.number('value', 0) : call.integers(2)[0]!;
    return pads.some(([before, after]) => before + after > 0) ? tf.pad(x, pads, number) : x;
  }
  if (mode !== 'reflect' && mode !== 'edge' && mode !== 'wrap')
    throw new Error(`the mode ${mode} is none that is known`);
  // Along each axis the places of what is there already.
  return pads.reduce((part, [before, after], axis) => {
    if (before + after === 0) return part;
    const size = x.shape[axis]!;
    if (size === 0) throw new Error(`no numbers to repeat along the axis ${axis}`);
    const from = Int32Array.from({ length: before + size + after }, (_, i) => {
      const at = i - before;
      if (mode === 'edge') return Math.min(Math.max(at, 0), size - 1);
      const period = mode === 'wrap' || size === 1 ? size : 2 * size - 2;
      const within = ((at % period) + period) % period;
      return within < size ? within : period - within;
    });
    return tf.gather(part, tf.tensor1d(from, 'int32'), axis);
  }, x);
}

const constantOfShape: Operator = (call) => {
  const shape = call.integers(0);
  if (shape.some((size) => size < 0)) throw new Error(`shape [${shape}]`);
  call.budget.claim(shape);
  const { dtype, data } = call.tensor('value') ?? { dtype: 'float32', data: [0] };
  return tf.fill(shape, data[0] ?? 0, dtype);
};

const constant: Operator = (call) => {
  const value = call.tensor('value');
  if (value !== undefined) return constantOf(value);
  if (call.has('value_float')) return tf.scalar(call.needed('value_float'));
  if (call.has('value_int')) return tf.scalar(call.needed('value_int'), 'int32');
  const [floats, ints] = [call.ints('value_floats'), call.ints('value_ints')];
  if (floats === undefined && ints === undefined) throw new Error('it is no constant of numbers');
  return floats === undefined ? tf.tensor1d(ints!, 'int32') : tf.tensor1d(floats);
};

const shapeOf: Operator = (call) => {
  const { shape, rank } = call.input(0);
  const place = (at: number) => (at < 0 ? Math.max(at + rank, 0) : at);
  const part = shape.slice(place(call.number('start', 0)), place(call.number('end', rank)));
  return tf.tensor1d(part, 'int32');
};

const range: Operator = (call) => {
  const dtype = call.input(0).dtype as 'float32' | 'int32';
  const [start, limit, delta] = [0, 1, 2].map((i) => call.integers(i)[0] ?? 0) as [number, number, number];
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  if (!Number.isFinite(count)) throw new Error(`${start} to ${limit} in steps of ${delta}`);
  call.budget.claim([count]);
  return tf.tensor1d(
    Array.from({ length: count }, (_, i) => start + i * delta),
    dtype,
  );
};

const oneHot: Operator = (call) => {
  const [depth] = call.integers(1);
  if (!(depth! >= 1)) throw new Error(`depth ${depth}`);
  const indices = places(call.input(0), depth!);
  const [off, on] = tf.split(call.input(2), 2);
  const at = call.number('axis', -1);
  const axis = axisOf(at, indices.rank + 1);
  call.budget.claim([...indices.shape, depth!]);
  const hot = tf.cast(tf.oneHot(indices, depth!), 'bool');
  const chosen = tf.where(hot, tf.reshape(on!, []), tf.reshape(off!, []));
  const order = Array.from({ length: indices.rank }, (_, i) => i);
  order.splice(axis, 0, indices.rank);
  return tf.transpose(chosen, order);
};

/** A matrix of a rule, as a constant of 0 and 1. */
function matrixOf(rows: number, columns: number, is: (row: number, column: number) => boolean): Int32Array {
  return Int32Array.from({ length: rows * columns }, (_, i) => Number(is(Math.floor(i / columns), i % columns)));
}

const eyeLike: Operator = (call) => {
  const x = call.input(0);
  const [rows = 0, columns = 0] = x.shape;
  if (x.rank !== 2) throw new Error(`it has ${x.rank} axes, expected 2`);
  const k = call.number('k', 0);
  const dtype = call.has('dtype') ? typeOf(call.needed('dtype')).dtype : x.dtype;
  return tf.cast(
    tf.tensor2d(
      matrixOf(rows, columns, (i, j) => j - i === k),
      [rows, columns],
      'int32',
    ),
    dtype,
  );
};

const trilu: Operator = (call) => {
  const x = call.input(0);
  const [rows, columns] = x.shape.slice(-2);
  if (columns === undefined) throw new Error(`it has ${x.rank} axes, expected 2 or more`);
  const k = call.optional(1) === undefined ? 0 : call.integers(1)[0]!;
  const isUpper = call.number('upper', 1) === 1;
  const kept = matrixOf(rows!, columns, (i, j) => (isUpper ? j - i >= k : j - i <= k));
  return tf.where(tf.cast(tf.tensor(kept, [rows!, columns], 'int32'), 'bool'), x, tf.zerosLike(x));
};

/** A dropout in inference changes nothing. */
const dropout: Operator = (call) => {
  const x = call.input(0);
  const training = call.optional(2);
  if (training !== undefined && call.integers(2)[0] !== 0) {
    throw new Error('it is in training mode, expected a model that was exported for inference');
  }
  return [x, tf.ones(x.shape, 'bool')];
};

/** Rearrangements, constants, and reading at indices. */
export const SHAPES: Operators = {
  Reshape: reshape,
  Flatten: flatten,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Expand: expand,
  Concat: concat,
  Slice: slice,
  Split: split,
  Gather: gather,
  GatherElements: gatherElements,
  Tile: tile,
  Pad: pad,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Shape: shapeOf,
  Size: (call) => tf.scalar(call.input(0).size, 'int32'),
  Range: range,
  OneHot: oneHot,
  EyeLike: eyeLike,
  Trilu: trilu,
  Dropout: dropout,
};
