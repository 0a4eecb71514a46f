import * as tf from '@tensorflow/tfjs-core';

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

export interface CpuBackend extends tf.KernelBackend {
  readonly data: { has(id: object): boolean; get(id: object): CpuData; set(id: object, data: CpuData): void };
  write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object;
}

export function cpuBackend(): CpuBackend {
  return tf.findBackend('cpu') as CpuBackend;
}

/** Points a variable at other data. The count of references to the data must already include the variable's. */
export function pointVariable(variable: tf.Variable, dataId: object, backend: tf.KernelBackend): void {
  const engine = tf.engine();
  engine.disposeTensor(variable);
  variable.dataId = dataId;
  engine.trackTensor(variable, backend);
}

/** Makes `name` the active backend at once. `tf.setBackend` does so before its promise, for a backend that is ready. */
export function activateBackend(name: string): void {
  void tf.setBackend(name);
}

/** The name of the active backend. */
export function activeBackend(): string {
  // The getter chooses one if none has been used yet.
  tf.backend();
  return tf.getBackend();
}

/** Whether operations are being recorded for a gradient. */
export function isGradientBeingTaken(): boolean {
  return tf.engine().state.gradientDepth > 0;
}

/** Frees what a gradient that was not finished has saved; tfjs does so only at the end of one. */
export function disposeTape(): void {
  const { state } = tf.engine();
  for (const { saved } of state.activeTape ?? []) tf.dispose(saved);
  state.activeTape = [];
}
