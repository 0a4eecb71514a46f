import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { erf } from '../../oracle/erf.ts';

export type Cpu = InstanceType<typeof MathBackendCPU>;
export type Kernel = (given: { inputs: unknown; attrs: unknown; backend: unknown }) => tf.TensorInfo | tf.TensorInfo[];

export function numbersIn(cpu: Cpu, info: tf.TensorInfo): Float32Array | Int32Array | Uint8Array {
  return cpu.data.get(info.dataId).values as Float32Array | Int32Array | Uint8Array;
}

/** A call of a kernel. */
interface Call {
  readonly cpu: Cpu;
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  readonly attrs: Readonly<Record<string, number | boolean | string>>;
}

type Mended = (call: Call) => tf.TensorInfo | tf.TensorInfo[] | undefined;

const { SELU_SCALE, SELU_SCALEALPHA } = tf.backend_util;
const product = (a: number, b: number): number => a * b;
const sizeOf = (shape: readonly number[]): number => shape.reduce(product, 1);

function cpuKernel(cpu: Cpu, name: string, inputs: object, attrs: object = {}): tf.TensorInfo {
  const kernel = tf.getKernel(name, 'cpu')!.kernelFunc as unknown as Kernel;
  return kernel({ inputs, attrs, backend: cpu }) as tf.TensorInfo;
}

/** A function of pairs of elements, broadcast. */
export function ofPairs(
  cpu: Cpu,
  [a, b]: readonly [tf.TensorInfo, tf.TensorInfo],
  f: (a: number, b: number) => number,
): tf.TensorInfo {
  const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const zeros = cpu.makeTensorInfo(shape, a.dtype, tf.util.makeZerosTypedArray(sizeOf(shape), a.dtype));
  const [left, right] = [a, b].map((each) => numbersIn(cpu, cpuKernel(cpu, 'Add', { a: each, b: zeros })));
  const results = tf.util.makeZerosTypedArray(sizeOf(shape), a.dtype);
  results.forEach((_, i) => {
    results[i] = f(left![i]!, right![i]!);
  });
  return cpu.makeTensorInfo(shape, a.dtype, results);
}

const ints = ({ cpu }: Call, shape: readonly number[], values: Int32Array): tf.TensorInfo =>
  cpu.makeTensorInfo([...shape], 'int32', values);

const floats =
  (f: (x: number) => number): Mended =>
  ({ cpu, inputs: { x } }) =>
    cpu.makeTensorInfo(x!.shape, 'float32', Float32Array.from(numbersIn(cpu, x!), f));

/** Calls `line` with the first place of each line along an axis, and the distance of its elements. */
function eachLine(shape: readonly number[], axis: number, line: (start: number, stride: number) => void): void {
  const stride = sizeOf(shape.slice(axis + 1));
  const span = stride * shape[axis]!;
  for (let block = 0; block < sizeOf(shape); block += span) for (let i = 0; i < stride; i++) line(block + i, stride);
}

/** What is wrong in tfjs-cpu, as it should be. */
const MENDED: Readonly<Record<string, Mended>> = {
  // In float32.
  Abs: (call) => {
    const { x } = call.inputs as { x: tf.TensorInfo };
    if (x.dtype === 'int32') return ints(call, x.shape, Int32Array.from(numbersIn(call.cpu, x), Math.abs));
    return undefined;
  },
  // Integers keep all their digits as float32 numbers.
  Cast: (call) =>
    call.inputs.x!.dtype === 'int32' && call.attrs.dtype === 'float32' ? floats((x) => x)(call) : undefined,
  // A polynomial with errors of 1.5e-7.
  Erf: floats(erf),
  // 1 subtracted from exp(x).
  Elu: floats((x) => (x > 0 ? x : Math.expm1(x))),
  Selu: (call) =>
    call.inputs.x!.dtype === 'float32'
      ? floats((x) => (x > 0 ? SELU_SCALE * x : SELU_SCALEALPHA * Math.expm1(x)))(call)
      : undefined,
  // Products of integers as float64 numbers, which beyond 2⁵³ lose their low bits.
  Multiply: ({ cpu, inputs: { a, b } }) => (a!.dtype === 'int32' ? ofPairs(cpu, [a!, b!], Math.imul) : undefined),
  Square: ({ cpu, inputs: { x } }) => (x!.dtype === 'int32' ? ofPairs(cpu, [x!, x!], Math.imul) : undefined),
  SquaredDifference: ({ cpu, inputs: { a, b } }) =>
    a!.dtype === 'int32' ? ofPairs(cpu, [a!, b!], (x, y) => Math.imul(x - y, x - y)) : undefined,
  Prod: (call) => {
    const { x } = call.inputs as { x: tf.TensorInfo };
    if (x.dtype !== 'int32') return undefined;
    const axes = tf.util.parseAxisParam(call.attrs.axis as unknown as number[], x.shape);
    const kept = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
    const perm = [...kept, ...axes];
    const values = numbersIn(call.cpu, cpuKernel(call.cpu, 'Transpose', { x }, { perm }));
    const count = sizeOf(axes.map((axis) => x.shape[axis]!));
    const products = Int32Array.from({ length: sizeOf(kept.map((axis) => x.shape[axis]!)) }, (_, i) =>
      (values as Int32Array).subarray(i * count, (i + 1) * count).reduce((a, b) => Math.imul(a, b), 1),
    );
    const shape = x.shape.flatMap((size, axis) => (axes.includes(axis) ? (call.attrs.keepDims ? [1] : []) : [size]));
    return ints(call, shape, products);
  },
  Cumprod: (call) => {
    const { x } = call.inputs as { x: tf.TensorInfo };
    if (x.dtype !== 'int32') return undefined;
    const { axis, exclusive, reverse } = call.attrs;
    const values = numbersIn(call.cpu, x);
    const products = new Int32Array(values.length);
    eachLine(x.shape, axis as number, (start, stride) => {
      const count = x.shape[axis as number]!;
      let running = 1;
      for (let k = 0; k < count; k++) {
        const at = start + stride * (reverse ? count - 1 - k : k);
        const next = Math.imul(running, values[at]!);
        products[at] = exclusive ? running : next;
        running = next;
      }
    });
    return ints(call, x.shape, products);
  },
  // It subtracts to compare, which gives NaN and infinities no order, not even with itself. NaN counts as infinity.
  TopK: ({ cpu, inputs: { x }, attrs }) => {
    const k = attrs.k as number;
    const length = x!.shape.at(-1)!;
    const all = numbersIn(cpu, x!);
    const key = (value: number): number => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : value);
    const order: number[] = [];
    for (let row = 0; row < all.length; row += length) {
      const indices = Array.from({ length }, (_, i) => i);
      const keys = Array.from(all.subarray(row, row + length), key);
      indices.sort((i, j) => (keys[i]! > keys[j]! ? -1 : keys[i]! < keys[j]! ? 1 : i - j));
      order.push(...indices.slice(0, k));
    }
    const shape = [...x!.shape.slice(0, -1), k];
    const values = Float32Array.from(order, (index, i) => all[Math.floor(i / k) * length + index]!);
    return [cpu.makeTensorInfo(shape, x!.dtype, values), cpu.makeTensorInfo(shape, 'int32', Int32Array.from(order))];
  },
  // It multiplies by masks, which spreads what is not finite.
  UnsortedSegmentSum: ({ cpu, inputs: { x, segmentIds }, attrs }) => {
    const segments = attrs.numSegments as number;
    const tail = x!.shape.slice(segmentIds!.shape.length);
    const size = sizeOf(tail);
    const sums = new Float64Array(segments * size);
    const values = numbersIn(cpu, x!);
    numbersIn(cpu, segmentIds!).forEach((id, row) => {
      if (id < 0 || id >= segments) return;
      for (let i = 0; i < size; i++) sums[id * size + i] = sums[id * size + i]! + values[row * size + i]!;
    });
    return cpu.makeTensorInfo([segments, ...tail], 'float32', Float32Array.from(sums));
  },
};

let isRegistered = false;

/** Registers a backend that computes as tfjs-cpu does. */
export function registerLikeCpu(name: string, kernels: (kernelName: string, own: Kernel) => Kernel): void {
  const backend = new MathBackendCPU();
  (backend as unknown as { firstUse: boolean }).firstUse = false;
  tf.registerBackend(name, () => backend, -2);
  for (const { kernelName, kernelFunc } of tf.getKernelsForBackend('cpu')) {
    const kernel = kernels(kernelName, kernelFunc as unknown as Kernel) as unknown as tf.KernelFunc;
    tf.registerKernel({ kernelName, backendName: name, kernelFunc: kernel });
  }
  tf.findBackend(name);
}

/** Those to which tfjs-cpu gives no shape where the axis is counted from the end. */
const CUMULATIVE = ['Cumsum', 'Cumprod'];

function fromTheFront({ inputs: { x }, attrs, ...rest }: Call): Call {
  const axis = attrs.axis as number;
  return { ...rest, inputs: { x: x! }, attrs: { ...attrs, axis: axis < 0 ? axis + x!.shape.length : axis } };
}

/** The kernel as it would be without the faults of tfjs-cpu. */
export function referenceKernel(kernelName: string, own: Kernel): Kernel {
  const mended = MENDED[kernelName];
  const isCumulative = CUMULATIVE.includes(kernelName);
  if (mended === undefined && !isCumulative) return own;
  return (given) => {
    const plain = { ...(given as object), cpu: given.backend } as unknown as Call;
    const call = isCumulative ? fromTheFront(plain) : plain;
    return mended?.(call) ?? own({ backend: given.backend, inputs: call.inputs, attrs: call.attrs });
  };
}

/** The name of a backend that computes as tfjs-cpu does, but for its faults. */
export function referenceBackend(): string {
  if (!isRegistered) {
    isRegistered = true;
    registerLikeCpu('reference', referenceKernel);
  }
  return 'reference';
}
