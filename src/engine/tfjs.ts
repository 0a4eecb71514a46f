import * as tf from '@tensorflow/tfjs-core';
import { type Data, type ElementType, newData } from './graph/value.ts';

/**
 * What the engine uses of tfjs-core beyond its documented interface. Its version is pinned for this reason.
 */

/** The record that tfjs-cpu keeps of one tensor's data. */
export interface CpuData {
  values: tf.BackendValues | undefined;
  dtype: tf.DataType;
  refCount: number;
  complexTensorInfos?: undefined;
}

interface CpuBackend extends tf.KernelBackend {
  readonly data: { has(id: object): boolean; get(id: object): CpuData; set(id: object, data: CpuData): void };
  write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object;
}

export function cpuBackend(): CpuBackend {
  return tf.findBackend('cpu') as CpuBackend;
}

/** A copy-free view of tfjs values as the array type that belongs to `dtype`. */
export function asData(values: tf.BackendValues, dtype: ElementType): Data {
  const array = values as ArrayLike<number>;
  const fits =
    (dtype === 'float32' && values instanceof Float32Array) ||
    (dtype === 'int32' && values instanceof Int32Array) ||
    (dtype === 'bool' && values instanceof Uint8Array);
  return fits ? (values as Data) : newData(dtype, Array.from(array));
}

/** Points a variable at other data. The count of references to the data must already include the variable's. */
export function pointVariable(variable: tf.Variable, dataId: object, backend: tf.KernelBackend): void {
  const engine = tf.engine();
  engine.disposeTensor(variable);
  variable.dataId = dataId;
  engine.trackTensor(variable, backend);
}

/** Makes `name` the active backend at once. `tf.setBackend` does so before its promise, for a backend that is ready. */
function activateBackend(name: string): void {
  void tf.setBackend(name);
}

/** The name of the active backend. */
function activeBackend(): string {
  // The getter chooses one if none has been used yet.
  tf.backend();
  return tf.getBackend();
}

/** The values of a tensor of any backend, whichever is active. */
export function readOutside(dataId: object): tf.BackendValues {
  const infos = tf.engine().state as unknown as { tensorInfo: WeakMap<object, { backend: tf.KernelBackend }> };
  return infos.tensorInfo.get(dataId)!.backend.readSync(dataId);
}

/** The function of tfjs that is running, as users call it; undefined between functions. */
export function activeFunction(): string | undefined {
  return (tf.engine().state.activeScope as { name: string | null } | undefined)?.name?.replace(/_*op$/, '');
}

/** Whether operations are being recorded for a gradient. */
export function isGradientBeingTaken(): boolean {
  return tf.engine().state.gradientDepth > 0;
}

interface EngineInternals {
  readSync: (id: object) => tf.BackendValues;
  /** Makes the copies that gradients save; `tf.clone` is another function. */
  clone: (tensor: tf.Tensor) => tf.Tensor;
}

/**
 * Runs `body` with the backend `name` active, and makes the one before active again, whatever happens. All tensors that are
 * read meanwhile are read from that backend. If `body` throws, what gradients have saved is freed, which tfjs leaves.
 */
export function withBackend<T>(name: string, body: () => T): T {
  const before = activeBackend();
  const engine = tf.engine();
  const internals = engine as unknown as EngineInternals;
  const clone = internals.clone;
  const saved: tf.Tensor[] = [];
  activateBackend(name);
  const { backend } = engine;
  internals.readSync = (id) => backend.readSync(id);
  internals.clone = (tensor) => {
    const copy = clone.call(engine, tensor);
    saved.push(copy);
    return copy;
  };
  try {
    return body();
  } catch (error) {
    tf.dispose(saved);
    throw error;
  } finally {
    Reflect.deleteProperty(engine, 'readSync');
    Reflect.deleteProperty(engine, 'clone');
    activateBackend(before);
  }
}
