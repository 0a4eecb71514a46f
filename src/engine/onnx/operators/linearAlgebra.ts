import * as tf from '@tensorflow/tfjs-core';
import type { Operator, OperatorCall, Operators } from './operator.ts';

const gemm: Operator = (call) => {
  const [a, b] = [call.input(0), call.input(1)];
  const [transA, transB] = [call.number('transA', 0) === 1, call.number('transB', 0) === 1];
  if (a.rank !== 2 || b.rank !== 2) throw new Error(`[${a.shape}] times [${b.shape}], expected matrices`);
  const inner = a.shape[transA ? 0 : 1]!;
  const shape = [a.shape[transA ? 1 : 0]!, b.shape[transB ? 0 : 1]!];
  call.budget.claim(shape, inner);
  const product = times(tf.matMul(a, b, transA, transB), call.number('alpha', 1));
  const c = call.optional(2);
  if (c === undefined) return product;
  call.broadcast(shape, c.shape);
  return tf.add(product, times(c, call.number('beta', 1)));
};

const times = (x: tf.Tensor, factor: number): tf.Tensor =>
  factor === 1 ? x : tf.mul(x, tf.scalar(factor, x.dtype as 'float32'));

/** As of numpy: a vector on the left is a row, one on the right a column, and that axis is not in the result. */
const matMul: Operator = (call) => {
  const [a, b] = [call.input(0), call.input(1)];
  if (a.rank === 0 || b.rank === 0) throw new Error('a factor is a scalar, expected a vector or a matrix');
  const left = a.rank === 1 ? tf.expandDims(a, 0) : a;
  const right = b.rank === 1 ? tf.expandDims(b, 1) : b;
  const outer = tf.backend_util.assertAndGetBroadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2));
  call.budget.claim([...outer, left.shape.at(-2)!, right.shape.at(-1)!], left.shape.at(-1)!);
  // tfjs-cpu has the stacks of two sides wrong that are laid along different axes.
  const stacked = (x: tf.Tensor): tf.Tensor => {
    const own = x.shape.slice(0, -2);
    if (own.every((size) => size === 1) || String(own) === String(outer)) return x;
    const shape = [...outer, ...x.shape.slice(-2)];
    call.budget.claim(shape);
    return tf.broadcastTo(x, shape);
  };
  const product = tf.matMul(stacked(left), stacked(right));
  const shape = [
    ...outer,
    ...(a.rank === 1 ? [] : [left.shape.at(-2)!]),
    ...(b.rank === 1 ? [] : [right.shape.at(-1)!]),
  ];
  return tf.reshape(product, shape);
};

const einsum: Operator = (call) => {
  const equation = call.text('equation', '').replace(/\s/g, '');
  const [terms = '', result] = equation.split('->');
  if (result === undefined) throw new Error(`${equation} names no result`);
  const sizes = new Map<string, number>();
  terms.split(',').forEach((term, i) => {
    [...term].forEach((letter, axis) => {
      sizes.set(letter, call.input(i).shape[axis] ?? 1);
    });
  });
  const count = (letters: Iterable<string>) =>
    [...letters].reduce((product, letter) => product * (sizes.get(letter) ?? 1), 1);
  const inner = [...sizes.keys()].filter((letter) => !result.includes(letter));
  call.budget.claim([count(result)], count(inner));
  return tf.einsum(equation, ...call.inputs);
};

/** How windows lie along one axis of an image. */
interface Windows {
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  readonly count: number;
}

/** The windows along each axis behind channels. @throws if an attribute does not fit, or no window does */
function windowsOf(call: OperatorCall, images: readonly number[], kernel: readonly number[]): Windows[] {
  const axes = images.length;
  const numbers = (name: string, usual: number, count = axes, least = 1) => {
    const given = call.ints(name) ?? new Array<number>(count).fill(usual);
    if (given.length === count && given.every((n) => n >= least)) return given;
    throw new Error(`attribute ${name}: got ${given}, expected ${count} integers ≥ ${least}`);
  };
  const strides = numbers('strides', 1);
  const dilations = numbers('dilations', 1);
  const pads = numbers('pads', 0, 2 * axes, 0);
  const auto = call.text('auto_pad', 'NOTSET');
  if (!['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'].includes(auto)) throw new Error(`auto_pad ${auto}`);
  const round = call.number('ceil_mode', 0) === 1 ? Math.ceil : Math.floor;
  return images.map((length, axis) => {
    const [size, stride, dilation] = [kernel[axis]!, strides[axis]!, dilations[axis]!];
    const extent = (size - 1) * dilation + 1;
    let [before, after] = auto === 'NOTSET' ? [pads[axis]!, pads[axes + axis]!] : [0, 0];
    if (auto.startsWith('SAME')) {
      const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + extent - length);
      before = auto === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2);
      after = total - before;
    }
    let count = round((length + before + after - extent) / stride) + 1;
    // A window that is rounded up to begins within the image, or the zeros before it.
    if (count > 1 && (count - 1) * stride >= length + before) count--;
    if (!(size >= 1 && count >= 1)) throw new Error(`windows of ${size} do not fit ${length} numbers`);
    return { size, stride, dilation, before, after, count };
  });
}

/** A convolution along one or two axes; the filter is `[out, in / groups, …]`. */
const convolution: Operator = (call) => {
  const [x, filter] = [call.input(0), call.input(1)];
  const axes = x.rank - 2;
  if ((axes !== 1 && axes !== 2) || filter.rank !== x.rank) {
    throw new Error(`[${x.shape}] by filters of [${filter.shape}], expected one or two axes behind channels`);
  }
  const groups = call.number('group', 1);
  const [channels, outputs] = [x.shape[1]!, filter.shape[0]!];
  if (!(groups >= 1 && outputs % groups === 0 && channels === filter.shape[1]! * groups)) {
    throw new Error(`${channels} channels by filters of [${filter.shape}] in ${groups} groups`);
  }
  const windows = windowsOf(call, x.shape.slice(2), filter.shape.slice(2));
  call.budget.claim([x.shape[0]!, outputs, ...windows.map(({ count }) => count)], filter.size / outputs);
  call.budget.claim([
    x.shape[0]!,
    channels,
    ...windows.map(({ before, after }, i) => x.shape[2 + i]! + before + after),
  ]);
  // Of a line it makes an image of one row.
  const flat = axes === 1 ? [1] : [];
  const images = tf.transpose(tf.reshape(x, [...x.shape.slice(0, 2), ...flat, ...x.shape.slice(2)]), [0, 2, 3, 1]);
  const filters = tf.transpose(
    tf.reshape(filter, [...filter.shape.slice(0, 2), ...flat, ...filter.shape.slice(2)]),
    [2, 3, 1, 0],
  );
  const [rows, columns] = (axes === 1 ? [ONE, windows[0]] : windows) as [Windows, Windows];
  const framed = tf.pad(images, [
    [0, 0],
    [rows.before, rows.after],
    [columns.before, columns.after],
    [0, 0],
  ]) as tf.Tensor4D;
  const strides: [number, number] = [rows.stride, columns.stride];
  const dilations: [number, number] = [rows.dilation, columns.dilation];
  // tfjs has no strides beside dilations.
  const isBoth = Math.max(...strides) > 1 && Math.max(...dilations) > 1;
  const convolved = (image: tf.Tensor, by: tf.Tensor): tf.Tensor => {
    const [all, kernel] = [image as tf.Tensor4D, by as tf.Tensor4D];
    const y = tf.conv2d(all, kernel, isBoth ? 1 : strides, 'valid', 'NHWC', dilations);
    return isBoth ? tf.stridedSlice(y, [0, 0, 0, 0], y.shape, [1, ...strides, 1]) : y;
  };
  const parts = groups === 1 ? [framed] : tf.split(framed, groups, 3);
  const by = groups === 1 ? [filters] : tf.split(filters, groups, 3);
  const results = parts.map((part, i) => convolved(part, by[i]!));
  const joined = results.length === 1 ? results[0]! : tf.concat(results, 3);
  const bias = call.optional(2);
  const y = tf.transpose(bias === undefined ? joined : tf.add(joined, bias), [0, 3, 1, 2]);
  return axes === 1 ? tf.squeeze(y, [2]) : y;
};

const ONE: Windows = { size: 1, stride: 1, dilation: 1, before: 0, after: 0, count: 1 };

/** Numbers under one window. */
const MOST_UNDER_WINDOW = 1024;

/** For each place in a window what lies there under all windows, taken together one after the other. */
function pooled(
  call: OperatorCall,
  filling: number,
  together: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
): { readonly y: tf.Tensor; readonly windows: readonly Windows[] } {
  const x = call.input(0);
  const kernel = call.ints('kernel_shape') ?? [];
  if (kernel.length === 0 || kernel.length !== x.rank - 2) {
    throw new Error(`windows of [${kernel}] on [${x.shape}]`);
  }
  const windows = windowsOf(call, x.shape.slice(2), kernel);
  const places = kernel.reduce((product, n) => product * n, 1);
  if (places > MOST_UNDER_WINDOW)
    throw new Error(`windows of [${kernel}], expected up to ${MOST_UNDER_WINDOW} numbers`);
  call.budget.claim([...x.shape.slice(0, 2), ...windows.map(({ count }) => count)], places);
  // As far as windows reach, which may be beyond the zeros where their number is rounded up.
  const reach = ({ size, stride, dilation, count, before }: Windows, length: number): number =>
    Math.max(0, (count - 1) * stride + (size - 1) * dilation + 1 - before - length);
  const pads = windows.map((each, i): [number, number] => [each.before, reach(each, x.shape[2 + i]!)]);
  call.budget.claim(x.shape.map((size, i) => size + (pads[i - 2]?.[0] ?? 0) + (pads[i - 2]?.[1] ?? 0)));
  const isPadded = pads.some(([before, after]) => before + after > 0);
  const framed = isPadded ? tf.pad(x, [[0, 0], [0, 0], ...pads], filling) : x;
  const parts = Array.from({ length: places }, (_, place) => {
    let rest = place;
    const begin = windows.map(() => 0);
    for (let axis = windows.length - 1; axis >= 0; axis--) {
      begin[axis] = (rest % kernel[axis]!) * windows[axis]!.dilation;
      rest = Math.floor(rest / kernel[axis]!);
    }
    return tf.stridedSlice(
      framed,
      [0, 0, ...begin],
      [...framed.shape.slice(0, 2), ...windows.map(({ stride, count }, i) => begin[i]! + (count - 1) * stride + 1)],
      [1, 1, ...windows.map(({ stride }) => stride)],
    );
  });
  return { y: parts.reduce(together), windows };
}

const maxPool: Operator = (call) => {
  if (call.outputs > 1) throw new Error('its second output, of places, is not calculated');
  return pooled(call, Number.NEGATIVE_INFINITY, tf.maximum).y;
};

/** The mean of what is under a window; of zeros around the image those that are said to count. */
const averagePool: Operator = (call) => {
  const x = call.input(0);
  const { y, windows } = pooled(call, 0, tf.add);
  const all = call.number('count_include_pad', 0) === 1;
  const counts = windows.map(({ size, stride, dilation, before, after, count }, axis) => {
    const length = x.shape[2 + axis]!;
    const [low, high] = all ? [0, before + length + after] : [before, before + length];
    const numbers = Array.from({ length: count }, (_, i) => {
      const places = Array.from({ length: size }, (_, k) => i * stride + k * dilation);
      return places.filter((place) => place >= low && place < high).length;
    });
    const shape = windows.map((_, i) => (i === axis ? count : 1));
    return tf.tensor(numbers, shape, 'float32');
  });
  return tf.div(
    y,
    counts.reduce((product, each) => tf.mul(product, each)),
  );
};

const overImage =
  (f: (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor): Operator =>
  (call) => {
    const x = call.input(0);
    return f(
      x,
      Array.from({ length: Math.max(x.rank - 2, 0) }, (_, i) => i + 2),
      true,
    );
  };

/** Products of matrices, convolutions, and windows over images. */
export const LINEAR_ALGEBRA: Operators = {
  Gemm: gemm,
  MatMul: matMul,
  Einsum: einsum,
  Conv: convolution,
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: overImage((x, axes, keep) => tf.mean(x, axes, keep)),
  GlobalMaxPool: overImage((x, axes, keep) => tf.max(x, axes, keep)),
};
