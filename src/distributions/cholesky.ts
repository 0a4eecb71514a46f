import * as tf from '@tensorflow/tfjs-core';

/** A = L Lᵀ, as what is done with it. */
export interface Cholesky {
  /** ½ log det A = Σ log Lᵢᵢ, `[...batch]`. */
  readonly halfLogDet: tf.Tensor;
  /** A⁻¹ b for b `[..., n]`. */
  solve(b: tf.Tensor): tf.Tensor;
}

/**
 * The Cholesky factor of a positive definite matrix, entry by entry: meant for few rows.
 * @param entry the entries of A on and below the diagonal, each `[...batch, 1]`
 */
export function cholesky(n: number, entry: (row: number, column: number) => tf.Tensor): Cholesky {
  const lower: tf.Tensor[][] = [];
  const inverseDiagonal: tf.Tensor[] = [];
  for (let row = 0; row < n; row++) {
    lower.push([]);
    for (let column = 0; column <= row; column++) {
      let rest = entry(row, column);
      for (let k = 0; k < column; k++) rest = tf.sub(rest, tf.mul(lower[row]![k]!, lower[column]![k]!));
      if (row === column) inverseDiagonal.push(tf.rsqrt(rest));
      lower[row]!.push(row === column ? tf.sqrt(rest) : tf.mul(rest, inverseDiagonal[column]!));
    }
  }
  const logs = lower.map((row, i) => tf.log(row[i]!));
  const sum = logs.reduce((total, each) => tf.add(total, each));
  return {
    halfLogDet: tf.reshape(sum, sum.shape.slice(0, -1)),
    solve(b) {
      const solution = n === 1 ? [b] : tf.split(b, n, -1);
      for (let row = 0; row < n; row++) {
        for (let k = 0; k < row; k++) solution[row] = tf.sub(solution[row]!, tf.mul(lower[row]![k]!, solution[k]!));
        solution[row] = tf.mul(solution[row]!, inverseDiagonal[row]!);
      }
      for (let row = n - 1; row >= 0; row--) {
        for (let k = row + 1; k < n; k++) solution[row] = tf.sub(solution[row]!, tf.mul(lower[k]![row]!, solution[k]!));
        solution[row] = tf.mul(solution[row]!, inverseDiagonal[row]!);
      }
      return n === 1 ? solution[0]! : tf.concat(solution, -1);
    },
  };
}
