import * as tf from '@tensorflow/tfjs-core';
import { cast } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import type { ElementType, Value } from '../../graph/value.ts';

/** The inputs of tfjs kernels by their names there. Each kernel gets those that it declares. */
export interface KernelInputs {
  readonly x: Value;
  readonly a: Value;
  readonly b: Value;
  readonly y: Value;
  readonly dy: Value;
  readonly t: Value;
  readonly e: Value;
  readonly filter: Value;
  readonly alpha: Value;
  readonly condition: Value;
  readonly indices: Value;
  readonly input: Value;
  readonly logits: Value;
  readonly mean: Value;
  readonly params: Value;
  readonly segmentIds: Value;
  readonly sortedSequence: Value;
  readonly tensor: Value;
  readonly updates: Value;
  readonly value: Value;
  readonly values: Value;
  readonly variance: Value;
  readonly bias?: Value;
  readonly offset?: Value;
  readonly preluActivationWeights?: Value;
  readonly scale?: Value;
}

/** The attributes of tfjs kernels by their names there. */
export interface KernelAttributes {
  readonly activation?: string;
  readonly alpha: number;
  readonly axis: number | number[];
  readonly batchDims: number;
  readonly begin: number | number[];
  readonly beginMask: number;
  readonly clipValueMax: number;
  readonly clipValueMin: number;
  readonly constantValue: number;
  readonly dataFormat?: string;
  readonly depth: number;
  readonly dilations?: number | [number, number];
  readonly dim: number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly dims: number | number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly ellipsisMask: number;
  readonly end: number[];
  readonly endMask: number;
  readonly equation: string;
  readonly exclusive: boolean;
  readonly filterShape: [number, number, number, number];
  readonly inputShape: [number, number, number, number];
  readonly k: number;
  readonly keepDims: boolean;
  readonly leakyreluAlpha?: number;
  readonly mode: string;
  readonly newAxisMask: number;
  readonly numOrSizeSplits: number | number[];
  readonly numSegments: number;
  readonly offValue: number;
  readonly onValue: number;
  readonly pad: 'valid' | 'same' | number;
  readonly paddings: [number, number][];
  readonly perm: number[];
  readonly reductionIndices: number | number[];
  readonly reps: number[];
  readonly reverse: boolean;
  readonly shape: number[];
  readonly shrinkAxisMask: number;
  readonly side: 'left' | 'right';
  readonly size: number | number[];
  readonly sorted: boolean;
  readonly strides: number[];
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly varianceEpsilon: number;
}

/**
 * Records one tfjs kernel in the graph.
 * @param list all inputs in order, for kernels that take any number of them
 */
export type Kernel = (
  g: Graph,
  inputs: KernelInputs,
  attributes: KernelAttributes,
  list: readonly Value[],
) => Value | readonly Value[];

/** Kernels by the name that tfjs gives them. */
export type Kernels = Readonly<Record<string, Kernel>>;

/** Bools as 0 and 1, which have an order and a sum; other numbers as they are. */
export function counted(g: Graph, x: Value): Value {
  return x.dtype === 'bool' ? cast(g, x, 'int32') : x;
}

/** The whole part of floats in a type of integers; of bools likewise, so that less than 1 is false. */
export function whole(g: Graph, x: Value, dtype: ElementType): Value {
  return cast(g, dtype === 'bool' ? cast(g, x, 'int32') : x, dtype);
}

/** A kernel of numbers, for bools too: these are calculated as 0 and 1, and what comes out is of the type `dtype`. */
export const ofCounts =
  (kernel: Kernel, dtype: 'bool' | 'int32' = 'bool'): Kernel =>
  (g, inputs, attributes, list) => {
    if (!list.some((value) => value.dtype === 'bool')) return kernel(g, inputs, attributes, list);
    const counts = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, counted(g, value)]));
    const numbers = list.map((value) => counted(g, value));
    return cast(g, kernel(g, counts as unknown as KernelInputs, attributes, numbers) as Value, dtype);
  };

/** Values of several types in the one that holds them all: of float32, int32 and bool the first that occurs. */
export function alike(g: Graph, values: readonly Value[]): Value[] {
  const wide = (a: ElementType, b: ElementType): ElementType =>
    tf.upcastType(a as tf.DataType, b as tf.DataType) as ElementType;
  const dtype = values.map((value) => value.dtype).reduce(wide);
  return values.map((value) => cast(g, value, dtype));
}

/** A shape as tfjs's helpers take it. */
export function mutable(shape: readonly number[]): number[] {
  return [...shape];
}

/** The axis or axes, none negative; all where none is given. @throws if an axis is none of the shape's */
export function axesOf(axis: number | number[] | undefined | null, shape: readonly number[]): number[] {
  const all = shape.map((_, i) => i);
  if (axis === undefined || axis === null) return all;
  return tf.util.parseAxisParam(axis, mutable(shape));
}

export function axisOf(axis: number | number[], shape: readonly number[]): number {
  return axesOf(axis, shape)[0]!;
}

/** What tfjs's helpers want of a tensor where they look only at its shape. */
export function shaped(x: Value): tf.TensorInfo {
  return { dataId: {}, shape: mutable(x.shape), dtype: x.dtype as tf.DataType };
}
