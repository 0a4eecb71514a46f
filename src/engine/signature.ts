import * as tf from '@tensorflow/tfjs-core';

/** What a call passes for the inputs of a function: tensors, or numbers, which the function sees as scalars. */
export type CallInputs = Readonly<Record<string, tf.Tensor | number>>;

/** The elements of inputs, row by row; a number for a scalar. */
export type ArrayInputs = Readonly<Record<string, ArrayLike<number> | number>>;

/** What an input looks like that is not there yet. */
export interface InputSpec {
  readonly shape: readonly number[];
  /** float32 by default. */
  readonly dtype?: 'float32' | 'int32' | 'bool';
}

export interface InputSignature extends Required<InputSpec> {
  readonly name: string;
}

/** An input as a call passes it. */
export interface CallSignature extends InputSignature {
  readonly isNumber: boolean;
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return 'an array';
  if (value instanceof Promise) return 'a promise';
  if (value instanceof tf.Tensor) return 'a tensor';
  return typeof value;
}

/**
 * The names, types and shapes of a call's inputs.
 * @param name the compiled function's, for errors
 * @throws if an input is no number or tensor, of another type than float32, int32 and bool, or disposed
 */
export function signatureOf(name: string, inputs: CallInputs): CallSignature[] {
  if (typeof inputs !== 'object' || inputs === null || inputs instanceof tf.Tensor || Array.isArray(inputs)) {
    throw new Error(
      `compile('${name}'): got ${describe(inputs)}, expected an object of inputs: call it with ({ x, … })`,
    );
  }
  return Object.entries(inputs).map(([key, value]) => {
    if (typeof value === 'number') return { name: key, dtype: 'float32', shape: [], isNumber: true };
    if (!(value instanceof tf.Tensor)) {
      throw new Error(`compile('${name}'): the input '${key}': got ${describe(value)}, expected a tensor or a number`);
    }
    if (value.isDisposed) throw disposedInput(name, key);
    const { dtype, shape } = value;
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
      throw new Error(`compile('${name}'): the input '${key}' is a ${dtype} tensor, expected float32, int32 or bool`);
    }
    return { name: key, dtype, shape: [...shape], isNumber: false };
  });
}

/**
 * The signature of inputs by name.
 * @param where whose inputs they are, as errors name it: `compile('step')`
 * @throws if a shape is no array of sizes, or a type is none
 */
export function namedSignature(specs: Readonly<Record<string, InputSpec>>, where = 'compile'): InputSignature[] {
  return Object.entries(specs).map(([name, spec]) => {
    const { shape, dtype = 'float32' } = spec ?? {};
    const isShape = Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && size >= 0);
    if (!isShape || !['float32', 'int32', 'bool'].includes(dtype)) {
      const wanted = '{ shape, dtype } of whole sizes ≥ 0 and of float32, int32 or bool';
      throw new Error(`${where}: the input '${name}': got ${JSON.stringify(spec)}, expected ${wanted}`);
    }
    return { name, shape: [...shape], dtype };
  });
}

export function wrongArray(name: string, { name: key, shape }: InputSignature, value: unknown): Error {
  const got =
    ArrayBuffer.isView(value) || Array.isArray(value) ? `${(value as Float32Array).length} numbers` : describe(value);
  const size = shape.reduce((product, n) => product * n, 1);
  const wanted = shape.length === 0 ? 'a number' : `an array of ${size}, the elements of [${shape.join(', ')}]`;
  return new Error(`compile('${name}'): the input '${key}': got ${got}, expected ${wanted}`);
}

export function disposedInput(name: string, key: string): Error {
  return new Error(`compile('${name}'): the input '${key}' is disposed`);
}

/** What a function has returned in place of a tensor. What becomes of a promise is not waited for: its error would hide ours. */
function describeResult(value: unknown): string {
  if (!(value instanceof Promise)) return describe(value);
  value.catch(() => {});
  return 'a promise, which it cannot wait for (of model.fit or trainOnBatch of tfjs-layers: call them outside)';
}

/**
 * What a function has returned, by name.
 * @throws if it is no object of tensors
 */
export function namedTensors(name: string, returned: unknown): [string, tf.Tensor][] {
  const wanted = `compile('${name}'): the function must return an object of tensors`;
  if (typeof returned !== 'object' || returned === null || Array.isArray(returned) || returned instanceof Promise) {
    throw new Error(`${wanted}, got ${describeResult(returned)}`);
  }
  if (returned instanceof tf.Tensor) throw new Error(`${wanted}, got a tensor: give it a name, { y: … }`);
  return Object.entries(returned).map(([key, tensor]) => {
    if (!(tensor instanceof tf.Tensor)) throw new Error(`${wanted}, but '${key}' is ${describeResult(tensor)}`);
    return [key, tensor];
  });
}
