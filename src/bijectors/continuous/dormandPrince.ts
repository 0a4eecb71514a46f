import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../../nn/stopGradient.ts';
import { portableMath } from '../../portableMath.ts';
import type { Velocity } from './vectorField.ts';

/** Dormand & Prince, "A family of embedded Runge–Kutta formulae", 1980: order 5, with an error estimate by order 4. */
const TIMES = [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1];
const STAGES = [
  [],
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
];
const WEIGHTS = [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84];
const ERRORS = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40];

type Field = (x: tf.Tensor, t: number) => Velocity;

/** Where a path has come to, and the integral of the divergence along it. */
export type Reached = [x: tf.Tensor, integral: tf.Tensor];

/** Steps of equal length. Nothing depends on values, so that it can be compiled. */
export function integrateFixed(field: Field, start: tf.Tensor, from: number, to: number, steps: number): Reached {
  const h = (to - from) / steps;
  let x = start;
  let integral: tf.Tensor | undefined;
  for (let step = 0; step < steps; step++) {
    const { value, increment } = advance(field, x, from + step * h, h);
    x = value;
    integral = integral === undefined ? increment : tf.add(integral, increment);
  }
  return [x, integral!];
}

export interface AdaptiveOptions {
  /** The error that a step may make: atol + rtol·|value|, in every entry and in the integral. */
  readonly rtol: number;
  readonly atol: number;
  /** Steps, refused ones among them, before it gives up. */
  readonly maxSteps: number;
}

/**
 * Steps as long as the error estimate allows; a step's length is a constant to differentiation.
 * @throws if it needs more than `maxSteps`
 */
export function integrateAdaptively(
  field: Field,
  start: tf.Tensor,
  from: number,
  to: number,
  { rtol, atol, maxSteps }: AdaptiveOptions,
): Reached {
  const span = to - from;
  let [x, integral] = [start, tf.zeros([start.shape[0]!]) as tf.Tensor];
  let first = field(x, from);
  let [t, h] = [from, 0.1 * span];
  for (let step = 0; step < maxSteps; step++) {
    const isLast = Math.abs(to - t) <= Math.abs(h);
    if (isLast) h = to - t;
    const { value, increment, stages } = advance(field, x, t, h, first);
    const end = field(value, t + h);
    const total = tf.add(integral, increment);
    const all = [...stages, end];
    const error = Math.max(
      excess(combined(all, 0, ERRORS, h), x, value, rtol, atol),
      excess(combined(all, 1, ERRORS, h), integral, total, rtol, atol),
    );
    if (error <= 1) {
      if (isLast) return [value, total];
      [x, integral, first] = [value, total, end];
      t += h;
    }
    // Not a number counts as far too large.
    h *=
      error >= 0
        ? Math.min(error <= 1 ? 5 : 1, Math.max(0.2, 0.9 * portableMath.exp(-0.2 * portableMath.log(error))))
        : 0.2;
  }
  throw new Error(
    `the adaptive solver got from ${from} to ${t.toPrecision(4)} in ${maxSteps} steps: ` +
      'the field is steep there; allow larger errors (rtol, atol) or more steps (maxSteps)',
  );
}

/** One step: where it ends, by how much the integral grows, and the velocities on the way. */
function advance(field: Field, x: tf.Tensor, t: number, h: number, first: Velocity = field(x, t)) {
  const stages = [first];
  for (const [i, weights] of STAGES.entries()) {
    if (i > 0) stages.push(field(tf.add(x, combined(stages, 0, weights, h)), t + TIMES[i]! * h));
  }
  return { value: tf.add(x, combined(stages, 0, WEIGHTS, h)), increment: combined(stages, 1, WEIGHTS, h), stages };
}

/** h Σ weightᵢ · stageᵢ, of the velocities (0) or the divergences (1). */
function combined(stages: readonly Velocity[], part: 0 | 1, weights: readonly number[], h: number): tf.Tensor {
  const terms = weights.flatMap((weight, i) => (weight === 0 ? [] : [tf.mul(stages[i]![part], weight * h)]));
  return terms.reduce((sum, term) => tf.add(sum, term));
}

/** The largest error, in units of what is allowed. */
function excess(error: tf.Tensor, before: tf.Tensor, after: tf.Tensor, rtol: number, atol: number): number {
  const units = stopGradient(() => {
    const size = tf.maximum(tf.abs(before), tf.abs(after));
    return tf.div(tf.abs(error), tf.add(tf.mul(size, rtol), atol));
  });
  return (units.dataSync() as Float32Array).reduce((largest, value) => Math.max(largest, value), 0);
}
