import * as tf from '@tensorflow/tfjs-core';
import type { Module } from '../module.ts';

/** @throws if `value` is no positive integer, or counts more than what is loaded can need; the error says `where` and `name`. */
export function positiveInteger(where: string, name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${where}: ${name}: got ${value}, expected a positive integer`);
  checkNumbers(value);
  return value;
}

/** A module that is made for stored values. */
interface Loading {
  /** How many numbers it may still have. */
  left: number;
  /** The kernels that were given no initial values. */
  readonly blank: tf.Variable[];
}

let loading: Loading | undefined;

/** Numbers that cost little: what stores few may still make some for other ends than its variables. */
const FREE = 2 ** 16;

/** What a layer costs beside its numbers, in numbers. */
const LAYER = 64;

/**
 * What `make` returns, a module whose variables will be set from stored values. No initial values are drawn for its layers: they would
 * be replaced, and orthogonal ones of wide layers take minutes. What is made may be about as large as what is stored: a few bytes of
 * options must not ask for gigabytes.
 * @param stored how many numbers are stored, in how many variables
 * @throws what `make` throws, or if it is too large, before it is made
 */
export function whileLoading<M extends Module>(stored: { numbers: number; variables: number }, make: () => M): M {
  const before = loading;
  const blank: tf.Variable[] = [];
  loading = { left: FREE + 2 * (stored.numbers + LAYER * stored.variables), blank };
  const others = new Set(Object.keys(tf.engine().registeredVariables));
  let module: M;
  try {
    module = make();
  } catch (error) {
    // What was made until then belongs to nobody.
    const { registeredVariables } = tf.engine();
    for (const name of Object.keys(registeredVariables)) if (!others.has(name)) registeredVariables[name]!.dispose();
    throw error;
  } finally {
    loading = before;
  }
  const own = new Set(module.variables());
  if (blank.every((kernel) => own.has(kernel))) return module;
  // A layer that is not among its variables is not stored, and needs its initial values.
  module.dispose();
  return make();
}

/**
 * Says that so many numbers will be needed, before they are made.
 * @throws within {@link whileLoading}, if that is more than what is stored can need
 */
export function checkNumbers(count: number): void {
  if (loading !== undefined && !(count <= loading.left)) {
    throw new Error(`the options ask for a size of ${count} or more, which is too large for what is stored`);
  }
}

/** {@link checkNumbers} for what is made now: it counts towards the whole. */
export function claimNumbers(count: number): void {
  checkNumbers(count);
  if (loading !== undefined) loading.left -= count + LAYER;
}

/**
 * A kernel of so many numbers.
 * @param draw its initial values; not called within {@link whileLoading}
 * @param make the variable that holds values
 */
export function kernelOf(
  count: number,
  draw: () => Float32Array,
  make: (values: Float32Array) => tf.Variable,
): tf.Variable {
  claimNumbers(count);
  if (loading === undefined) return make(draw());
  const kernel = make(new Float32Array(count));
  loading.blank.push(kernel);
  return kernel;
}
