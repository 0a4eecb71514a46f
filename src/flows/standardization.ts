import * as tf from '@tensorflow/tfjs-core';
import { ShiftScale } from '../bijectors/linear/shiftScale.ts';
import { Module } from '../module.ts';
import { portableMath } from '../portableMath.ts';
import type { Columns } from './fitData.ts';

/** Half the distance of 1 from the next float32: no number near m holds what is smaller than |m| times it. */
const RESOLUTION = 2 ** -24;
/** Below it 1 / scale, or its product with a number, may be no float32. */
const LEAST = 2 ** -100;

/** The sizes of a flow whose data are standardized. */
interface StandardizedSizes {
  readonly dim: number;
  readonly contextDim: number;
  readonly angles: boolean;
}

/**
 * Between data in their units and in standard ones, number by number: x = mean + deviation · z, of events and of contexts. It is no part
 * of what is trained. Angles stay as they are: a scale would tear them at ±π.
 */
export class Standardization extends Module {
  /** z → x, absent for angles. */
  readonly events: ShiftScale | undefined;
  /** Absent without a context. */
  readonly context: ShiftScale | undefined;

  /** The identity. */
  constructor({ dim, contextDim, angles }: StandardizedSizes) {
    super();
    this.events = angles ? undefined : unscaled(dim);
    this.context = contextDim === 0 ? undefined : unscaled(contextDim);
  }

  /** Takes the units of the contexts of a data set. */
  fitContext({ context }: Columns): void {
    assign(this.context, (size) => {
      const { mean, deviation } = momentsOf(context, size);
      // A context that did not vary tells nothing, and must not count for much where it varies later.
      return { mean, scale: deviation.map((each, i) => (each > floorAt(mean[i]!) ? each : 1)) };
    });
  }

  /** Takes the units of the events of a data set. */
  fitEvents({ events }: Columns): void {
    assign(this.events, (size) => standardOf(events, size));
  }
}

function unscaled(size: number): ShiftScale {
  const filled = (value: number) => tf.tidy(() => tf.variable(tf.fill([size], value), false));
  return new ShiftScale({ shift: filled(0), scale: filled(1) });
}

function assign(map: ShiftScale | undefined, standard: (size: number) => Standard): void {
  if (map === undefined) return;
  const { mean, scale } = standard((map.shift as tf.Variable).size);
  tf.tidy(() => {
    (map.shift as tf.Variable).assign(tf.tensor1d(Float32Array.from(mean)));
    (map.scale as tf.Variable).assign(tf.tensor1d(Float32Array.from(scale)));
  });
}

interface Standard {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

/** Mean and deviation of each column, which is at least what float32 resolves there, and 1 where all numbers are 0. */
function standardOf(events: Float32Array, dim: number): Standard {
  const { mean, deviation } = momentsOf(events, dim);
  const scale = deviation.map((each, i) => {
    const least = Math.max(each, floorAt(mean[i]!));
    return least > LEAST ? least : 1;
  });
  return { mean, scale };
}

function floorAt(mean: number): number {
  return Math.max(Math.abs(mean) * RESOLUTION, LEAST);
}

/** Mean and standard deviation of each column of `[rows · width]`. */
function momentsOf(values: Float32Array, width: number): { mean: Float64Array; deviation: Float64Array } {
  const rows = values.length / width;
  const mean = new Float64Array(width);
  for (let i = 0; i < values.length; i++) mean[i % width]! += values[i]! / rows;
  const variance = new Float64Array(width);
  for (let i = 0; i < values.length; i++) {
    const apart = values[i]! - mean[i % width]!;
    variance[i % width]! += (apart * apart) / rows;
  }
  return { mean, deviation: variance.map(Math.sqrt) };
}

/** What is added to the correlations' diagonal: columns that depend on one another get a finite density. */
const RIDGE = 1e-6;

/**
 * The mean of −log p of rows, nats, under the normal distribution with mean and covariance of others: ½ dim log 2π + ½ log det Σ + ½ (x − μ)ᵀ Σ⁻¹ (x − μ),
 * in float64.
 */
export function gaussianLossOn(rows: Float32Array, of: Float32Array, dim: number): number {
  const { mean, scale } = standardOf(of, dim);
  const standardized = (values: Float32Array, row: number, z: Float64Array) => {
    for (let i = 0; i < dim; i++) z[i] = (values[row * dim + i]! - mean[i]!) / scale[i]!;
  };
  const z = new Float64Array(dim);
  const count = of.length / dim;
  // The lower half of the correlations, then of L, of which they are L Lᵀ.
  const factor = new Float64Array(dim * dim);
  for (let row = 0; row < count; row++) {
    standardized(of, row, z);
    for (let i = 0; i < dim; i++) for (let j = 0; j < i; j++) factor[i * dim + j]! += (z[i]! * z[j]!) / count;
  }
  let constant = 0.5 * dim * portableMath.log(2 * Math.PI);
  for (let i = 0; i < dim; i++) {
    factor[i * dim + i] = 1 + RIDGE;
    for (let j = 0; j <= i; j++) {
      let sum = factor[i * dim + j]!;
      for (let k = 0; k < j; k++) sum -= factor[i * dim + k]! * factor[j * dim + k]!;
      factor[i * dim + j] = i === j ? Math.sqrt(sum) : sum / factor[j * dim + j]!;
    }
    constant += portableMath.log(factor[i * dim + i]! * scale[i]!);
  }
  let squares = 0;
  for (let row = 0; row < rows.length / dim; row++) {
    standardized(rows, row, z);
    for (let i = 0; i < dim; i++) {
      for (let j = 0; j < i; j++) z[i]! -= factor[i * dim + j]! * z[j]!;
      z[i]! /= factor[i * dim + i]!;
      squares += z[i]! * z[i]!;
    }
  }
  return constant + (0.5 * squares * dim) / rows.length;
}
