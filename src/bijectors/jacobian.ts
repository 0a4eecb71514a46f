import * as tf from '@tensorflow/tfjs-core';
import { portableMath } from '../portableMath.ts';

/** ∂f/∂x of each row by tfjs's gradients, `[row][output][input]`, for f: `[..., dim]` → `[..., outputDim]` that maps each row by itself. */
export function jacobians(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): number[][][] {
  return tf.tidy(() => {
    const dim = x.shape.at(-1)!;
    const { shape } = f(x);
    const outputs = Array.from({ length: shape.at(-1)! }, (_, k) => {
      const begin = [...shape.slice(1).map(() => 0), k];
      const size = [...shape.slice(0, -1), 1];
      return tf
        .grad((input) => tf.sum(tf.slice(f(input), begin, size)))(x)
        .dataSync();
    });
    const rows = x.size / dim;
    return Array.from({ length: rows }, (_, row) =>
      outputs.map((slopes) => Array.from(slopes.subarray(row * dim, (row + 1) * dim))),
    );
  });
}

/** log|det J| by elimination with pivots; of a J that is not square log √det(JᵀJ). */
export function logAbsDeterminant(matrix: readonly (readonly number[])[]): number {
  if (matrix.length !== matrix[0]!.length) return logAbsDeterminant(gram(matrix)) / 2;
  return eliminated(matrix).logAbsDet;
}

/** J⁻¹; of a J that is not square (JᵀJ)⁻¹Jᵀ. */
export function inverseOf(matrix: readonly (readonly number[])[]): number[][] {
  const columns = matrix[0]!.map((_, i) => matrix.map((row) => row[i]!));
  if (matrix.length === columns.length) return eliminated(matrix).inverse;
  return eliminated(gram(matrix)).inverse.map((row) =>
    matrix.map((_, k) => row.reduce((sum, value, i) => sum + value * columns[i]![k]!, 0)),
  );
}

function gram(matrix: readonly (readonly number[])[]): number[][] {
  const dim = matrix[0]!.length;
  return Array.from({ length: dim }, (_, i) =>
    Array.from({ length: dim }, (__, j) => matrix.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
  );
}

function eliminated(matrix: readonly (readonly number[])[]): { logAbsDet: number; inverse: number[][] } {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...Array.from({ length: n }, (_, k) => (k === i ? 1 : 0))]);
  let logAbsDet = 0;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(rows[i]![k]!) > Math.abs(rows[pivot]![k]!)) pivot = i;
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    const top = rows[k]!;
    const divisor = top[k]!;
    logAbsDet += portableMath.log(Math.abs(divisor));
    for (let j = 0; j < 2 * n; j++) top[j]! /= divisor;
    for (let i = 0; i < n; i++) {
      const factor = rows[i]![k]!;
      if (i === k || factor === 0) continue;
      for (let j = k; j < 2 * n; j++) rows[i]![j]! -= factor * top[j]!;
    }
  }
  return { logAbsDet, inverse: rows.map((row) => row.slice(n)) };
}
