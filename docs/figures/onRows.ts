import type * as tf from '@tensorflow/tfjs-core';
import { compile, type Module } from '../../src/index.ts';
import type { Point } from './plot.ts';

/** What a function of points `[count, 2]` gives for these, in plain numbers, by the engine whose bits are the same everywhere. */
export function onRows(
  points: readonly Point[],
  fn: (x: tf.Tensor) => tf.Tensor,
  state: readonly Module[] = [],
): Float32Array {
  const compiled = compile(({ x }: { x: tf.Tensor }) => ({ y: fn(x) }), { name: 'docs/figures', state });
  const { y } = compiled.onArrays({ x: { shape: [points.length, 2] } })({ x: points.flat() });
  const values = Float32Array.from(y);
  compiled.dispose();
  return values;
}

/** Numbers that lie row by row, as points. */
export function pointsOf(rows: ArrayLike<number>): Point[] {
  return Array.from({ length: rows.length / 2 }, (_, i) => [rows[2 * i]!, rows[2 * i + 1]!]);
}
