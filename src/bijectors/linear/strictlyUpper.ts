import * as tf from '@tensorflow/tfjs-core';
import { strictlyLower } from './strictlyLower.ts';

/** Matrices from their entries above the diagonal, column by column: U₀₁, U₀₂, U₁₂, …; the transposes of {@link strictlyLower}. */
export function strictlyUpper(entries: tf.Tensor, dim: number): tf.Tensor {
  const below = strictlyLower(entries, dim);
  const axes = Array.from({ length: below.rank }, (_, axis) => axis);
  return tf.transpose(below, [...axes.slice(0, -2), below.rank - 1, below.rank - 2]);
}
