import type * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../../random.ts';
import type { Bijector } from '../bijector.ts';

/**
 * A family of bijectors over vectors, given by unconstrained parameters: each value of them makes an invertible map. What
 * {@link ElementwiseFamily} is for maps of numbers, for maps that mix the entries of a vector.
 */
export interface VectorFamily {
  readonly name: string;
  /** How many parameters a map of vectors of `dim` numbers takes. @throws if there is none for that size */
  parameterCount(dim: number): number;
  /** Parameters to begin with, `parameterCount(dim)` of them. */
  initialParameters(dim: number, rng: Rng): Float32Array;
  /** @param parameters `[..., count]`; leading axes make a batch of maps */
  bijector(parameters: tf.Tensor, dim: number): Bijector;
}
