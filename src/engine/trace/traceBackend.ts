import * as tf from '@tensorflow/tfjs-core';
import { constantData, type Graph } from '../graph/graph.ts';
import { reshape, tensorConstant } from '../graph/shapes.ts';
import { sameShape, type Value } from '../graph/value.ts';
import { asData, readOutside, withBackend } from '../tfjs.ts';

interface Entry {
  readonly value: Value;
  readonly trace: TraceContext;
  references: number;
}

/** The trace in progress. */
export interface TraceContext {
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
export class TraceBackend extends tf.KernelBackend {
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
