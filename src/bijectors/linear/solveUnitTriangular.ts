import * as tf from '@tensorflow/tfjs-core';

/**
 * z with (I + N) z = b, by substitution: a few nodes for each dimension.
 * @param strict N, `[..., dim, dim]`, 0 on the diagonal and on one side of it
 * @param side on which side it is not
 * @param b `[..., dim]`, of which the leading axes broadcast with N's
 */
export function solveUnitTriangular(strict: tf.Tensor, side: 'lower' | 'upper', b: tf.Tensor): tf.Tensor {
  const dim = b.shape.at(-1)!;
  if (dim === 1) return b;
  const columns = tf.split(strict, dim, -1);
  const order = Array.from({ length: dim - 1 }, (_, i) => (side === 'lower' ? i : dim - 1 - i));
  return order.reduce((z, j) => {
    const leading = z.shape.slice(0, -1);
    const known = tf.slice(z, [...leading.map(() => 0), j], [...leading.map(() => -1), 1]);
    return tf.sub(z, tf.mul(tf.squeeze(columns[j]!, [-1]), known));
  }, b);
}
