import * as tf from '@tensorflow/tfjs-core';

/**
 * The inverse of small matrices `[..., size, size]` and the pivots on the way, `[..., size]`, whose product is the determinant: Gauss–Jordan
 * elimination in place and without exchanges, a few nodes for each row.
 *
 * For matrices C with xᵀ C x ≥ ‖x‖²: then so are all Schur complements, and no pivot is less than 1. Where rounding has eaten that,
 * which takes entries above 10⁶, a pivot is taken for 1.
 */
export function gaussJordan(matrix: tf.Tensor): { inverse: tf.Tensor; pivots: tf.Tensor } {
  const size = matrix.shape.at(-1)!;
  const batch = matrix.shape.slice(0, -2);
  const part = (x: tf.Tensor, row: number, column: number, rows: number, columns: number) =>
    tf.slice(x, [...batch.map(() => 0), row, column], [...batch, rows, columns]);
  const pivots: tf.Tensor[] = [];
  let rest = matrix;
  for (let k = 0; k < size; k++) {
    const unit = Array.from({ length: size }, (_, i) => (i === k ? 1 : 0));
    const pivot = tf.maximum(part(rest, k, k, 1, 1), 1);
    pivots.push(pivot);
    // Column k of the matrix is done with and makes room for that of the inverse, which is e_k so far.
    const column = tf.sub(part(rest, 0, k, size, 1), tf.tensor(unit, [size, 1]));
    const cleared = tf.mul(rest, tf.tensor(unit.map((entry) => 1 - entry)));
    const opened = tf.add(cleared, tf.mul(tf.tensor(unit, [size, 1]), tf.tensor(unit)));
    const row = tf.div(part(opened, k, 0, 1, size), pivot);
    rest = tf.sub(opened, tf.mul(column, row));
  }
  return { inverse: rest, pivots: tf.squeeze(size === 1 ? pivots[0]! : tf.concat(pivots, -1), [-2]) };
}
