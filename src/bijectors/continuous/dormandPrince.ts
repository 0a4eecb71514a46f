import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../../nn/stopGradient.ts';
import { portableMath } from '../../portableMath.ts';
import { advance, combined, type Field, type Reached, rungeKuttas } from './rungeKutta.ts';
import type { Velocity } from './vectorField.ts';

const DORMAND_PRINCE = rungeKuttas['dormand-prince'];
/** What the weights of order 4 differ by from those of order 5. */
const ERRORS = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40];

export interface AdaptiveOptions {
  /** The error that a step may make: atol + rtol·|value|, in every entry and in the integral. */
  readonly rtol: number;
  readonly atol: number;
  /** Steps, refused ones among them, before it gives up. */
  readonly maxSteps: number;
}

/**
 * The Dormand–Prince pair of orders 5 and 4, by steps as long as the error estimate allows; a step's length is a constant to differentiation.
 * @throws if it needs more than `maxSteps`
 */
export function integrateAdaptively(
  field: Field<Velocity>,
  start: tf.Tensor,
  [from, to]: readonly [number, number],
  { rtol, atol, maxSteps }: AdaptiveOptions,
): Reached<Velocity> {
  const span = to - from;
  let [x, integral] = [start, tf.zeros([start.shape[0]!]) as tf.Tensor];
  let first = field(x, from);
  let [t, h] = [from, 0.1 * span];
  for (let step = 0; step < maxSteps; step++) {
    const isLast = Math.abs(to - t) <= Math.abs(h);
    if (isLast) h = to - t;
    const { value, increments, stages } = advance(DORMAND_PRINCE, field, x, t, h, first);
    const end = field(value, t + h);
    const total = tf.add(integral, increments[0]!);
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

/** The largest error, in units of what is allowed. */
function excess(error: tf.Tensor, before: tf.Tensor, after: tf.Tensor, rtol: number, atol: number): number {
  const units = stopGradient(() => {
    const size = tf.maximum(tf.abs(before), tf.abs(after));
    return tf.div(tf.abs(error), tf.add(tf.mul(size, rtol), atol));
  });
  return (units.dataSync() as Float32Array).reduce((largest, value) => Math.max(largest, value), 0);
}
