import * as tf from '@tensorflow/tfjs-core';
import '../backend.ts';
import { constantData, type Graph } from '../graph/graph.ts';
import { describeShapes } from '../graph/shapeInference.ts';
import { reshape, tensorConstant } from '../graph/shapes.ts';
import { sameShape, type Value } from '../graph/value.ts';
import { activeFunction, asData, cpuBackend, readOutside, withBackend } from '../tfjs.ts';
import { ARITHMETIC, FUNCTIONS } from './kernels/arithmetic.ts';
import type { Kernel, KernelAttributes, KernelInputs } from './kernels/kernel.ts';
import { CONVOLUTIONS, LINEAR_ALGEBRA } from './kernels/linearAlgebra.ts';
import { REDUCTIONS } from './kernels/reductions.ts';
import { INDEXING, SHAPES } from './kernels/shapes.ts';

interface Entry {
  readonly value: Value;
  readonly trace: TraceContext;
  references: number;
}

/** The trace in progress. */
interface TraceContext {
  readonly graph: Graph;
  /** The compiled function's name, for errors. */
  readonly name: string;
  /** Tensors from outside that are constants, by their data. */
  readonly constants: ReadonlyMap<object, tf.Tensor>;
}

let context: TraceContext | undefined;

/** The trace in progress, if there is one. */
export function currentTrace(): TraceContext | undefined {
  return context;
}

/**
 * A tfjs backend that computes nothing: what it stores of a tensor is a value of the graph under construction.
 * A tensor that it does not know comes from outside the traced function.
 */
class TraceBackend extends tf.KernelBackend {
  readonly #entries = new WeakMap<object, Entry>();
  #count = 0;

  /** A new data id for a value of the graph. */
  put(value: Value): object {
    const id = {};
    this.#entries.set(id, { value, trace: this.#context(), references: 1 });
    this.#count++;
    return id;
  }

  /** The value behind a tensor, in the graph under construction. */
  lookUp(tensor: tf.TensorInfo): Value {
    const trace = this.#context();
    const { graph, name } = trace;
    const entry = this.#entries.get(tensor.dataId);
    if (entry === undefined) {
      if (tensor instanceof tf.Tensor && tensor.isDisposed) {
        throw new Error(
          `compile('${name}'): the function uses a tensor [${tensor.shape}] that is disposed: tf.tidy frees what it does not ` +
            'return, and a gradient of tf.customGrad must `save` what it needs',
        );
      }
      const constant = trace.constants.get(tensor.dataId);
      if (constant !== undefined) return this.#constant(constant, tensor.shape);
      const variable = tensor instanceof tf.Variable ? ` (variable '${tensor.name}')` : '';
      throw new Error(
        `compile('${name}'): the function reads a tensor [${tensor.shape}]${variable} that is neither among its inputs nor ` +
          'in the state: pass it in `inputs`, list it or its module in `state`, or, if it is constant, create it inside the function',
      );
    }
    let value = entry.value;
    if (entry.trace !== trace) {
      // Constants that the function keeps from one trace to the next are as good as new.
      const data = constantData(value);
      if (data === undefined) {
        throw new Error(
          `compile('${name}'): the function uses a tensor [${tensor.shape}] that it kept from an earlier call: ` +
            'return it as an output and pass it in `inputs`, or assign it to a variable in the state',
        );
      }
      value = tensorConstant(graph, data, value.shape, value.dtype);
    }
    return sameShape(value.shape, tensor.shape) ? value : reshape(graph, value, tensor.shape);
  }

  #constant({ dataId, dtype }: tf.Tensor, shape: readonly number[]): Value {
    const type = dtype as 'float32' | 'int32' | 'bool';
    // A copy, since others may write to what is read.
    return tensorConstant(this.#context().graph, asData(readOutside(dataId), type).slice(), shape, type);
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    const { graph, name } = this.#context();
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
      throw new Error(`compile('${name}'): the function creates a ${dtype} tensor, which cannot be traced`);
    }
    return this.put(tensorConstant(graph, asData(values, dtype), shape, dtype));
  }

  override readSync(id: object): tf.BackendValues {
    const entry = this.#entries.get(id);
    const data = entry && constantData(entry.value);
    if (data !== undefined) return data as tf.BackendValues;
    throw new Error(
      `compile('${context?.name}'): the function reads the values of a tensor (dataSync, arraySync, data, print or a branch on ` +
        'them), which are not known while it is traced: use tf.where, or return the tensor and read it outside',
    );
  }

  override async read(id: object): Promise<tf.BackendValues> {
    return this.readSync(id);
  }

  bufferSync<R extends tf.Rank, D extends tf.DataType>(tensor: tf.TensorInfo): tf.TensorBuffer<R, D> {
    return tf.buffer(
      tensor.shape,
      tensor.dtype,
      this.readSync(tensor.dataId) as tf.DataTypeMap[D],
    ) as unknown as tf.TensorBuffer<R, D>;
  }

  override refCount(id: object): number {
    return this.#entries.get(id)?.references ?? 0;
  }

  override incRef(id: object): void {
    this.#entries.get(id)!.references++;
  }

  decRef(id: object): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) entry.references--;
  }

  override disposeData(id: object, force = false): boolean {
    const entry = this.#entries.get(id);
    if (entry !== undefined) {
      entry.references--;
      if (!force && entry.references > 0) return false;
      this.#entries.delete(id);
      this.#count--;
    }
    return true;
  }

  override numDataIds(): number {
    return this.#count;
  }

  override memory(): { unreliable: boolean; reasons: string[] } {
    return { unreliable: true, reasons: ['traced tensors hold no data'] };
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override timerAvailable(): boolean {
    return false;
  }

  override dispose(): void {}

  #context(): TraceContext {
    if (context === undefined) throw new Error('a tensor of a compiled function was used after the function returned');
    return context;
  }
}

/** Runs `body` with the trace backend active. */
export function withTrace<T>(traced: TraceContext, body: () => T): T {
  if (context !== undefined) throw new Error(`compile('${traced.name}'): a trace is already in progress`);
  context = traced;
  try {
    // Reading a tensor of another backend would freeze its values into the graph; the trace backend refuses to.
    return withBackend('trace', body);
  } finally {
    context = undefined;
  }
}

const KERNELS: Readonly<Record<string, Kernel>> = {
  ...ARITHMETIC,
  ...FUNCTIONS,
  ...REDUCTIONS,
  ...SHAPES,
  ...INDEXING,
  ...LINEAR_ALGEBRA,
  ...CONVOLUTIONS,
};

/** Kernels that stay symbolic for constants, so that a uniform tensor is not filled in. */
const SYMBOLIC = ['Identity', 'Reshape', 'ExpandDims', 'ZerosLike', 'OnesLike', 'Tile'];

/** Those that tfjs-cpu has wrong. */
const WRONG = ['Erf', 'TopK', 'UnsortedSegmentSum'];

/** Those that tfjs-cpu calculates by the host's `Math`, whose last bits differ between JavaScript engines. */
const HOST_MATH = [
  ...['Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atan2', 'Atanh', 'Cos', 'Cosh', 'Sin', 'Sinh', 'Tan', 'Tanh'],
  ...['Elu', 'Exp', 'Expm1', 'Log', 'Log1p', 'LogSoftmax', 'Pow', 'Selu', 'Sigmoid', 'Softmax', 'Softplus'],
];

const NEVER_FOLDED = new Set([...SYMBOLIC, ...WRONG, ...HOST_MATH]);

/** The names of the tfjs kernels that can be traced. */
export const TRACEABLE: ReadonlySet<string> = new Set(Object.keys(KERNELS));

type CpuKernel = (args: { inputs: unknown; attrs: unknown; backend: unknown }) => tf.TensorInfo | tf.TensorInfo[];

/** The result of a tfjs-cpu kernel on constants, as constants. */
function folded(kernel: CpuKernel, inputs: Record<string, Value>, isList: boolean, attrs: unknown): Value | Value[] {
  const { graph } = currentTrace()!;
  const cpu = cpuBackend();
  const infos = Object.entries(inputs).map(([name, value]) => {
    const [shape, dtype] = [[...value.shape], value.dtype as tf.DataType];
    return [name, { dataId: cpu.write(constantData(value) as tf.BackendValues, shape, dtype), shape, dtype }] as const;
  });
  const named = isList ? infos.map(([, info]) => info) : Object.fromEntries(infos);
  const result = kernel({ inputs: named, attrs, backend: cpu });
  // One piece of tfjs-cpu data may stand behind tensors of several types: the description of the tensor is what counts.
  const constants = [result].flat().map(({ dataId, shape, dtype }) => {
    const data = asData(cpu.readSync(dataId), dtype as 'float32' | 'int32' | 'bool');
    return tensorConstant(graph, data, shape, dtype as 'float32' | 'int32' | 'bool');
  });
  for (const [, info] of infos) cpu.disposeData(info.dataId);
  for (const info of [result].flat()) cpu.disposeData(info.dataId);
  return Array.isArray(result) ? constants : constants[0]!;
}

function register(backend: TraceBackend, kernelName: string): void {
  const kernel = KERNELS[kernelName];
  const onCpu = tf.getKernel(kernelName, 'cpu')?.kernelFunc as CpuKernel | undefined;
  const wrap = (value: Value): tf.TensorInfo => ({
    dataId: backend.put(value),
    shape: [...value.shape],
    dtype: value.dtype as tf.DataType,
  });
  tf.registerKernel({
    kernelName,
    backendName: 'trace',
    kernelFunc: ({ inputs, attrs }) => {
      const trace = currentTrace()!;
      const present = Object.entries(inputs).filter(([, info]) => info != null);
      const values: Record<string, Value> = {};
      for (const [name, info] of present) values[name] = backend.lookUp(info as tf.TensorInfo);
      const list = Object.values(values);
      const isConstant = onCpu !== undefined && list.every((value) => constantData(value) !== undefined);
      const isFolded = isConstant && !NEVER_FOLDED.has(kernelName);
      if (!isFolded && kernel === undefined) {
        throw new Error(
          `compile('${trace.name}'): the operation '${kernelName}' cannot be traced: call it outside the compiled function, ` +
            'or run this function eagerly',
        );
      }
      trace.graph.origin = kernelName;
      let result: Value | readonly Value[];
      try {
        result = isFolded
          ? folded(onCpu, values, Array.isArray(inputs), attrs)
          : kernel!(trace.graph, values as unknown as KernelInputs, (attrs ?? {}) as unknown as KernelAttributes, list);
      } catch (error) {
        const called = `tf.${activeFunction() ?? kernelName} of ${describeShapes(list)}`;
        throw new Error(`compile('${trace.name}'): ${called}: ${(error as Error).message}`, { cause: error });
      }
      return Array.isArray(result) ? result.map(wrap) : wrap(result as Value);
    },
  });
}

let registered: TraceBackend | undefined;

/** The trace backend, registered with tfjs on first use; its priority is below every backend that computes. */
export function traceBackend(): TraceBackend {
  if (registered !== undefined) return registered;
  const backend = new TraceBackend();
  tf.registerBackend('trace', () => backend, -1);
  const names = new Set([...tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName), ...TRACEABLE]);
  for (const name of names) register(backend, name);
  tf.findBackend('trace');
  registered = backend;
  return backend;
}
