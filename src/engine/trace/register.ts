import '../backend.ts';
import * as tf from '@tensorflow/tfjs-core';
import { constantData } from '../graph/graph.ts';
import { describeShapes } from '../graph/shapeInference.ts';
import { tensorConstant } from '../graph/shapes.ts';
import type { Value } from '../graph/value.ts';
import { activeFunction, asData, cpuBackend } from '../tfjs.ts';
import { ARITHMETIC } from './kernels/arithmetic.ts';
import { CONVOLUTIONS } from './kernels/convolutions.ts';
import { FUNCTIONS } from './kernels/functions.ts';
import { INDEXING } from './kernels/indexing.ts';
import type { Kernel, KernelAttributes, KernelInputs } from './kernels/kernel.ts';
import { LINEAR_ALGEBRA } from './kernels/linearAlgebra.ts';
import { REDUCTIONS } from './kernels/reductions.ts';
import { SHAPES } from './kernels/shapes.ts';
import { currentTrace, TraceBackend } from './traceBackend.ts';

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
