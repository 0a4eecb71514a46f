import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../nn/sizes.ts';
import { stopGradient } from '../nn/tensors.ts';
import { checkArgument, checkOptions } from '../options/parse.ts';
import type { WithLogDet } from './bijector.ts';

/** Options of {@link monotoneInverse}. */
export interface MonotoneInverseOptions {
  /** The least root; a number, or a tensor that broadcasts with `y`. Beyond f(low) the tangent of f at `low` is inverted. */
  readonly low: number | tf.Tensor;
  /** The greatest root, likewise. */
  readonly high: number | tf.Tensor;
  /** How many times the bracket is divided; 6 by default. */
  readonly rounds?: number;
  /** The points of one division, which are evaluated together; 3 by default: six rounds leave 2⁻¹² of the bracket. */
  readonly points?: number;
  /** Newton steps inside the last bracket; 2 by default. A last one, with gradients, follows. */
  readonly steps?: number;
}

/** Its exponential is finite, and so is a step in a bracket of any sensible size. */
const STEEPEST = 60;

/**
 * The root x of f(x) = y for an elementwise increasing f, and log ∂x/∂y = −log f′(x).
 *
 * The bracket [low, high] is divided by a grid of points that f takes in one batch, so that a round narrows it points + 1 times
 * and the traced graph stays small; Newton steps, kept inside the bracket, follow. What they find, x*, is a constant to
 * differentiation. The result is one more step, x = x* − (f(x*) − y) / f′(x*): its gradients by y and by whatever f is made of are those
 * of the implicit function theorem. It is not kept inside: where no root lies between low and high, x* is the nearer end,
 * and x is on the tangent there, which is exact, with its gradients, for an f that goes on along its tangent.
 *
 * By default x is as near to the root as float32 lets it: an error of f(x) counts 1/f′(x) times, and no more rounds than these help
 * unless f has features narrower than 10⁻⁴ of the bracket.
 *
 * @param f x → [f(x), log f′(x)], elementwise, for x of the shape of `y` and of shape `[points, ...shape of y]`, or 1 for any size
 * @param y of the shape of f's values
 * @throws if `rounds`, `points` or `steps` is no positive integer
 */
export function monotoneInverse(
  f: (x: tf.Tensor) => WithLogDet,
  y: tf.Tensor,
  options: MonotoneInverseOptions,
): WithLogDet {
  checkArgument('monotoneInverse', 'f', f, Function);
  const {
    low,
    high,
    rounds = 6,
    points = 3,
    steps = 2,
  } = checkOptions('monotoneInverse', options, {
    low: [Number, tf.Tensor],
    high: [Number, tf.Tensor],
    rounds: [Number, undefined],
    points: [Number, undefined],
    steps: [Number, undefined],
  });
  for (const [name, count] of Object.entries({ rounds, points, steps }))
    positiveInteger('monotoneInverse', name, count);
  const nearest = stopGradient(() => {
    const ones = y.shape.map(() => 1);
    const grid = tf.tensor(
      Float32Array.from({ length: points }, (_, i) => (i + 1) / (points + 1)),
      [points, ...ones],
    );
    let lowest = typeof low === 'number' ? tf.fill(ones, low) : low;
    let width = tf.sub(high, lowest);
    for (let round = 0; round < rounds; round++) {
      const [values] = f(tf.add(tf.mul(grid, width), lowest));
      const below = tf.sum(tf.cast(tf.lessEqual(values, y), 'float32'), 0);
      width = tf.mul(width, 1 / (points + 1));
      lowest = tf.add(lowest, tf.mul(width, below));
    }
    const highest = tf.add(lowest, width);
    let x = tf.add(lowest, tf.mul(width, 0.5));
    for (let step = 0; step < steps; step++) {
      const next = tf.sub(x, newtonStep(f(x), y));
      x = tf.minimum(tf.maximum(next, lowest), highest);
    }
    return x;
  });
  const x = tf.sub(nearest, newtonStep(f(nearest), y));
  return [x, tf.neg(f(x)[1])];
}

/** (f(x) − y) / f′(x) */
function newtonStep([value, logSlope]: WithLogDet, y: tf.Tensor): tf.Tensor {
  return tf.mul(tf.sub(value, y), tf.exp(tf.minimum(tf.neg(logSlope), STEEPEST)));
}
