import type * as tf from '@tensorflow/tfjs-core';
import { Module } from '../../module.ts';

/** The velocity at a point and a time, `[rows, dim]`, and its divergence Σ ∂vᵢ/∂xᵢ, `[rows]`. */
export type Velocity = readonly [velocity: tf.Tensor, divergence: tf.Tensor];

/** One time for all rows, or a time for each, `[rows, 1]`. */
export type Time = number | tf.Tensor;

/** A field of velocities v(x, t; context) over vectors of `dim` numbers, for {@link NeuralOde} to follow. */
export abstract class VectorField extends Module {
  abstract readonly dim: number;
  /** The size of the context, 0 for none. */
  abstract readonly contextDim: number;

  /**
   * The field for given contexts, as a function of x `[rows, dim]` and of the time. What does not change along a path is computed here, once.
   * @param context `[rows, contextDim]`, or `[1, contextDim]` for all rows; absent where `contextDim` is 0
   */
  abstract along(context?: tf.Tensor): (x: tf.Tensor, t: Time) => Velocity;

  /** As {@link along}, for who needs no divergence: the velocity alone. */
  velocityAlong(context?: tf.Tensor): (x: tf.Tensor, t: Time) => tf.Tensor {
    const field = this.along(context);
    return (x, t) => field(x, t)[0];
  }

  /** The velocity at one point of each path: x `[rows, dim]`, t for all or `[rows, 1]`, context as of {@link along}. */
  at(x: tf.Tensor, t: Time, context?: tf.Tensor): tf.Tensor {
    return this.velocityAlong(context)(x, t);
  }
}
