import * as tf from '@tensorflow/tfjs-core';

/**
 * Matrices `[..., dim, dim]` from their entries below the diagonal, `[..., dim (dim − 1) / 2]` row by row: L₁₀, L₂₀, L₂₁, …;
 * 0 elsewhere. `dim` is at least 2.
 */
export function strictlyLower(entries: tf.Tensor, dim: number): tf.Tensor {
  const batch = entries.shape.slice(0, -1);
  const sizes = Array.from({ length: dim - 1 }, (_, i) => i + 1);
  const rows = dim === 2 ? [entries] : tf.split(entries, sizes, -1);
  // From the last entry of one row to the first of the next there are dim zeros at the top, then one less each time.
  const pieces = rows.flatMap((row, i) => [tf.zeros([...batch, dim - i]), row]);
  return tf.reshape(tf.concat([...pieces, tf.zeros([...batch, 1])], -1), [...batch, dim, dim]);
}
